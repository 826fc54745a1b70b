// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "base/log.h"
#include "config/yaml_node.h"
#include "daemon/check.h"
#include "daemon/daemon.h"
#include "store/driver.h"

#include <csignal>
#include <cstdlib>
#include <sysexits.h>
#include <unistd.h>

using namespace iptracking;

int main(int argc, char **argv) try {
    const std::optional<Options> options = parse_options(argc, argv);
    if (!options)
        return EXIT_SUCCESS;
    if (options->check) {
        check_configuration(*options);
        return EXIT_SUCCESS;
    }
    // A limit on file sizes (EFBIG) is like a full disk; a journald that went away is nothing to die of.
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    Daemon(*options, take_passed_fds()).run();
    if (a_driver_thread_runs()) // it may use what exit(3) would take down
        ::_exit(EXIT_SUCCESS);
    return EXIT_SUCCESS;
} catch (const ConfigError &error) {
    log(Level::error, describe(error));
    return EX_CONFIG;
} catch (const std::exception &error) {
    log(Level::error, describe(error));
    return EXIT_FAILURE;
}
