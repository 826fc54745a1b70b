// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/event.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace iptracking {

/// Where and why a line cannot be read; `column` counts bytes from 1.
struct ParseError {
    const char *reason = nullptr;
    std::size_t column = 0;
};

struct ParsedLine {
    std::optional<Event> event; ///< texts are places counted from the end of the garbage; Event::line is 0
    ParseError error;           ///< why there is no event
    std::size_t garbage = 0;    ///< bytes in front that belong to no line that can be read
};

/// Event::time_usec of a line without a time.
inline constexpr std::int64_t no_time = -1;

/// Reads one line of any length, iptracking-line(5), without its newline, in either form.
/// Never throws and never allocates: garbage in the pipe is expected.
ParsedLine parse_event_line(std::string_view line) noexcept;

} // namespace iptracking
