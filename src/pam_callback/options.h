// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "pam_callback/exit_status.h"

namespace iptracking {

struct Options {
    const char *fifo = IPTRACKING_FIFO_FILE;
    int timeout_seconds = 5;  ///< over open and write together; 0: do not wait at all
    bool remote_only = false; ///< leave out events that came from no other host
    bool traffic = true;      ///< ask the kernel for the connection and what it counted
    bool verbose = false;     ///< say on stderr why an event was refused
};

enum class Parsed { run, finished, wrong };

/// `finished`: --help or --version was asked and answered.  Errors are said on stderr only where that is a
/// terminal: inside PAM there is nobody to read them.
Parsed parse_options(int argc, char **argv, Options &options);

void say(int fd, const char *text);

} // namespace iptracking
