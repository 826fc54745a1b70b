// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

namespace iptracking {

/// The process that holds the session in every phase, so that the phases of one connection join: our parent
/// (sshd's monitor, su, cron's child), but for keyboard-interactive authentication the parent of that, since
/// sshd asks PAM in a child of the monitor, "sshd: user [pam]".  `tty`: PAM_TTY, null if there is none; of others than
/// sshd (su) a user chooses how the parent is called.
pid_t session_process(const char *pam_type, const char *tty);

} // namespace iptracking
