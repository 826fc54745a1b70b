// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/event_line.h"

namespace iptracking {

/// `line` begins as one and is shorter than line::max_size.  True: it is good, and no word in it ends as a line begins.
bool read_event_line(std::string_view line, ParsedLine &parsed) noexcept;

} // namespace iptracking
