// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

namespace iptracking {

/// The process that holds the session in every phase, so that the phases of one connection join: our parent
/// (sshd's monitor, su, cron's child), but for keyboard-interactive authentication the parent of that, since
/// sshd asks PAM in a child of the monitor, "sshd: user [pam]".
pid_t session_process(const char *pam_type);

} // namespace iptracking
