// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "line/line_buffer.h"
#include "pam_callback/exit_status.h"
#include "pam_callback/options.h"

namespace iptracking {

/// Writes the line to the pipe with one write(2).  Never blocks longer than the time-out; and not at all where
/// another callback has waited in vain within the last minute.
ExitStatus deliver(const LineBuffer &line, const Options &options);

} // namespace iptracking
