// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/delivery.h"
#include "pam_callback/options.h"
#include "pam_callback/pam_event.h"
#include "pam_callback/refusal.h"

#include <signal.h>
#include <unistd.h>

using namespace iptracking;

int main(int argc, char **argv) {
    // The end of a session scope signals all that is in it, also who is just reporting that end.  We end soon.
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    Options options;
    switch (parse_options(argc, argv, options)) {
    case Parsed::finished:
        return 0;
    case Parsed::wrong:
        return static_cast<int>(ExitStatus::usage);
    case Parsed::run:
        break;
    }

    LineBuffer line;
    ExitStatus status = describe_pam_event(line, PamEnvironment(environ), options.remote_only, options.traffic);
    if (status != ExitStatus::stored)
        return static_cast<int>(status);

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); // a limit on file sizes must not keep a refusal from the journal
    status = deliver(line, options);
    if (status != ExitStatus::stored) {
        record_refusal(options.fifo, line, status);
        if (options.verbose) {
            say(2, "iptracking-pam-callback: event was refused: ");
            say(2, reason(status));
            say(2, "\n");
        }
    }
    return static_cast<int>(status);
}
