// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "pam_callback/exit_status.h"
#include "pam_callback/line_buffer.h"
#include "pam_callback/pam_environment.h"

namespace iptracking {

/// The event that the environment tells of, as a line with its newline.
/// `stored`: the line is ready to be sent.  Nothing in the environment can make it longer than line::max_size,
/// or put a word of its own into it.
ExitStatus describe_pam_event(LineBuffer &line, const PamEnvironment &pam, bool remote_only);

} // namespace iptracking
