// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"
#include "client/complete.h"
#include "client/options.h"
#include "config/yaml_node.h"
#include "output/put.h"
#include "query/time_window.h"

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sysexits.h>

using namespace iptracking;

namespace {

/// Answers that could not be written are no answers.
void finish_output() {
    if (std::fflush(stdout) == 0 && !std::ferror(stdout))
        return;
    if (errno == EPIPE)
        throw OutputClosed();
    throw Error("cannot write to standard output");
}

/// For the shells: a word and what it means in a line.
int print_candidates(const std::vector<std::string> &words) {
    for (const Candidate &candidate : complete(words))
        std::printf("%s\t%s\n", candidate.word.c_str(), candidate.help.c_str());
    return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char **argv) try {
    std::setlocale(LC_CTYPE, "");  // what the terminal can print
    std::signal(SIGPIPE, SIG_IGN); // see OutputClosed
    if (argc > 1 && std::strcmp(argv[1], "__complete") == 0)
        return print_candidates({argv + 2, argv + argc});
    const std::optional<Options> options = parse_options(argc, argv);
    if (const std::string zone = unknown_zone(); options && !zone.empty())
        log(Level::warning, "there is no time zone '" + printable(zone) + "', which TZ names: times are in UTC");
    const int status = options ? options->verb->run(options->called) : EXIT_SUCCESS;
    finish_output();
    return status;
} catch (const OutputClosed &) {
    std::_Exit(EXIT_SUCCESS); // without another try to write
} catch (const UsageError &error) {
    log(Level::error, describe(error));
    return wrong_usage;
} catch (const ConfigError &error) {
    log(Level::error, describe(error));
    return EX_CONFIG;
} catch (const std::exception &error) {
    std::fflush(stdout);
    log(Level::error, describe(error));
    return no_answer;
}
