// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/event_line.h"

#include "event/comma_line.h"
#include "event/line_reader.h"
#include "line/format.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::string_view magic = line::magic;

bool begins_as_event_line(std::string_view text) noexcept {
    return text.starts_with(magic) && (text.size() == magic.size() || text[magic.size()] == ' ');
}

/// The last place where a line begins; npos: nowhere.
std::size_t last_beginning(std::string_view line) noexcept {
    for (std::size_t at = line.rfind(magic); at != line.npos; at = at == 0 ? line.npos : line.rfind(magic, at - 1))
        if (begins_as_event_line(line.substr(at)))
            return at;
    return line.npos;
}

/// What stands from `beginning` on, the rest being garbage.
ParsedLine read_from(std::string_view line, std::size_t beginning) noexcept {
    const std::string_view rest = line.substr(beginning);
    if (rest.size() >= line::max_size)
        return {std::nullopt, {"longer than 4096 bytes", line::max_size + 1}, 0};
    ParsedLine parsed;
    if (begins_as_event_line(rest))
        read_event_line(rest, parsed);
    else
        parsed = parse_comma_line(rest);
    parsed.garbage = beginning;
    parsed.error.column += beginning;
    return parsed;
}

/// In one line; more of them are somebody's play.
constexpr int most_beginnings = 4;

/// Half a line, or garbage, in front of a good one; or a name that is our first word, in a good line.  `parsed` is what
/// the line is as a whole.
void read_behind_garbage(std::string_view line, ParsedLine &parsed) noexcept {
    const std::size_t filled = std::min(line.find_first_not_of('\0'), line.size());
    if (begins_as_comma_line(line.substr(filled))) {
        parsed = read_from(line, filled);
        return;
    }
    std::size_t beginning = last_beginning(line);
    for (int tries = 0; tries < most_beginnings && beginning != line.npos; ++tries) {
        const ParsedLine rest = read_from(line, beginning);
        if (rest.event || !parsed.event)
            parsed = rest;
        if (rest.event)
            return;
        beginning = last_beginning(line.substr(0, beginning + magic.size() - 1));
    }
}

} // namespace

ParsedLine parse_event_line(std::string_view line) noexcept {
    ParsedLine parsed;
    bool whole = false;
    if (begins_as_event_line(line) && line.size() < line::max_size)
        whole = read_event_line(line, parsed);
    else
        parsed.error = {"neither 'iptracking/1' nor the comma form", 1};
    if (!whole)
        read_behind_garbage(line, parsed);
    return parsed;
}

} // namespace iptracking
