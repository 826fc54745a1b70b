// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/event_line.h"

namespace iptracking {

/// Whether the line begins as the old form does: dst,src,port,event,
bool begins_as_comma_line(std::string_view line) noexcept;

/// Reads `dst,src,port,event,uid,YYYY-MM-DD HH:MM:SS`: addresses, event as a number or a name, local time.  The
/// uid is everything between the fourth comma and the last, whatever it holds.  `line` must begin as one.
ParsedLine parse_comma_line(std::string_view line) noexcept;

} // namespace iptracking
