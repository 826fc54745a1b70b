// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "line/line_buffer.h"
#include "pam_callback/exit_status.h"
#include "pam_callback/pam_environment.h"

namespace iptracking {

/// The event that the environment tells of, as a line with its newline.
/// `stored`: the line is ready to be sent.  Nothing in the environment can make it longer than line::max_size,
/// or put a word of its own into it.  `with_traffic`: looks for a connection that the environment does not tell of, and
/// asks the kernel what it counted.
ExitStatus describe_pam_event(LineBuffer &line, const PamEnvironment &pam, bool remote_only, bool with_traffic);

} // namespace iptracking
