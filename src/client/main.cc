// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/directories.h"
#include "base/log.h"
#include "client/options.h"
#include "config/yaml_node.h"

#include <cstdio>
#include <cstdlib>
#include <sysexits.h>

using namespace iptracking;

namespace {

constexpr int wrong_usage = 2;

/// Answers that could not be written are no answers.
void finish_output() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout))
        throw Error("cannot write to standard output");
}

} // namespace

int main(int argc, char **argv) try {
    const std::optional<Options> options = parse_options(argc, argv);
    int status = EXIT_SUCCESS;
    if (options) {
        const Config config = read_config(options->config, state_directory()).config;
        status = std::visit([&](const auto &verb) { return run(verb, config); }, options->verb);
    }
    finish_output();
    return status;
} catch (const UsageError &error) {
    log(Level::error, describe(error));
    return wrong_usage;
} catch (const ConfigError &error) {
    log(Level::error, describe(error));
    return EX_CONFIG;
} catch (const std::exception &error) {
    std::fflush(stdout);
    log(Level::error, describe(error));
    return EXIT_FAILURE;
}
