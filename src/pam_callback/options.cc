// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace iptracking {
namespace {

constexpr int longest_timeout = 3600;

constexpr char help[] =
    "usage: iptracking-pam-callback [OPTION]...\n"
    "Run by pam_exec(8): writes the event that its environment tells of to the named pipe of iptracking.\n"
    "\n"
    "  -p, --fifo PATH        the named pipe (default " IPTRACKING_FIFO_FILE ")\n"
    "  -t, --timeout SECONDS  wait at most so long for the pipe (default 5; 0: not at all)\n"
    "  -r, --remote-only      leave out events that came from no other host (su, sudo, cron)\n"
    "  -T, --no-traffic       do not ask the kernel for the connection and what it counted\n"
    "  -v, --verbose          say on stderr why an event was refused\n"
    "  -V, --version          print the version\n"
    "  -h, --help             print this\n";

constexpr option long_options[] = {
    {"fifo", required_argument, nullptr, 'p'},  {"timeout", required_argument, nullptr, 't'},
    {"remote-only", no_argument, nullptr, 'r'}, {"no-traffic", no_argument, nullptr, 'T'},
    {"verbose", no_argument, nullptr, 'v'},     {"version", no_argument, nullptr, 'V'},
    {"help", no_argument, nullptr, 'h'},        {nullptr, 0, nullptr, 0},
};

bool parse_seconds(const char *text, int &seconds) {
    if (*text < '0' || *text > '9')
        return false;
    char *end = nullptr;
    errno = 0;
    const long value = strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || value > longest_timeout)
        return false;
    seconds = static_cast<int>(value);
    return true;
}

Parsed wrong(const char *what) {
    if (isatty(2)) {
        say(2, "iptracking-pam-callback: ");
        say(2, what);
        say(2, "\nTry 'iptracking-pam-callback --help'.\n");
    }
    return Parsed::wrong;
}

} // namespace

void say(int fd, const char *text) {
    const ssize_t written = write(fd, text, strlen(text));
    static_cast<void>(written); // there is nobody else to tell
}

Parsed parse_options(int argc, char **argv, Options &options) {
    opterr = 0;
    for (int letter = 0; (letter = getopt_long(argc, argv, "p:t:rTvVh", long_options, nullptr)) != -1;) {
        switch (letter) {
        case 'p':
            if (*optarg == '\0')
                return wrong("--fifo needs a path");
            options.fifo = optarg;
            break;
        case 't':
            if (!parse_seconds(optarg, options.timeout_seconds))
                return wrong("--timeout must be a number of seconds from 0 to 3600");
            break;
        case 'r':
            options.remote_only = true;
            break;
        case 'T':
            options.traffic = false;
            break;
        case 'v':
            options.verbose = true;
            break;
        case 'V':
            say(1, "iptracking-pam-callback " IPTRACKING_VERSION "\n");
            return Parsed::finished;
        case 'h':
            say(1, help);
            return Parsed::finished;
        default:
            return wrong("unknown option, or one without its value");
        }
    }
    return optind == argc ? Parsed::run : wrong("it takes no arguments");
}

} // namespace iptracking
