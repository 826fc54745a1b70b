// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/options.h"

#include "base/error.h"
#include "base/log.h"

#include <cstdio>
#include <getopt.h>

namespace iptracking {
namespace {

constexpr char help[] =
    "usage: iptracking-daemon [OPTION]...\n"
    "Stores the login events that arrive through a named pipe; usually started by iptracking.socket.\n"
    "\n"
    "  -c, --config FILE   the configuration (default " IPTRACKING_CONFIGURATION_FILE ")\n"
    "  -v, --verbose       log more\n"
    "  -q, --quiet         log warnings and errors only\n"
    "  -m, --mkfifo        make the named pipe if it is not there\n"
    "      --schema NAME   PostgreSQL schema, beats the one of the configuration\n"
    "      --check         say what the configuration means, test the database, and exit\n"
    "  -V, --version       print the version\n"
    "  -h, --help          print this\n"
    "\n"
    "Drivers in this build: %s\n";

enum LongOnly : int { schema_option = 256, check_option };

constexpr option long_options[] = {
    {"config", required_argument, nullptr, 'c'},
    {"verbose", no_argument, nullptr, 'v'},
    {"quiet", no_argument, nullptr, 'q'},
    {"mkfifo", no_argument, nullptr, 'm'},
    {"schema", required_argument, nullptr, schema_option},
    {"check", no_argument, nullptr, check_option},
    {"version", no_argument, nullptr, 'V'},
    {"help", no_argument, nullptr, 'h'},
    {nullptr, 0, nullptr, 0},
};

[[noreturn]] void refuse(const std::string &what) {
    throw Error(what + "; try 'iptracking-daemon --help'");
}

} // namespace

std::optional<Options> parse_options(int argc, char **argv) {
    Options options;
    opterr = 0;
    for (int letter = 0; (letter = ::getopt_long(argc, argv, ":c:vqmVh", long_options, nullptr)) != -1;) {
        switch (letter) {
        case 'c':
            options.config.file = optarg;
            options.config.file_given = true;
            break;
        case 'v':
            set_log_level(Level::debug);
            break;
        case 'q':
            set_log_level(Level::warning);
            break;
        case 'm':
            options.make_fifo = true;
            break;
        case schema_option:
            options.config.schema = optarg;
            break;
        case check_option:
            options.check = true;
            break;
        case 'V':
            std::puts("iptracking-daemon " IPTRACKING_VERSION);
            return std::nullopt;
        case 'h':
            std::printf(help, drivers_built_in().c_str());
            return std::nullopt;
        case ':':
            refuse("option '" + std::string(argv[optind - 1]) + "' needs a value");
        default:
            refuse("unknown option '" + std::string(argv[optind - 1]) + "'");
        }
    }
    if (optind != argc)
        refuse("unexpected argument '" + std::string(argv[optind]) + "'");
    return options;
}

} // namespace iptracking
