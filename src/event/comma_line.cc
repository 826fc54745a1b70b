// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/comma_line.h"

#include "event/timestamp.h"

#include <charconv>

namespace iptracking {
namespace {

constexpr std::size_t date_size = sizeof("YYYY-MM-DD HH:MM:SS") - 1;

struct Head {
    IpAddress destination, source;
    std::uint16_t port = 0;
    EventKind kind = EventKind::unknown;
    std::size_t size = 0; ///< with the fourth comma
};

EventKind kind_of(std::string_view text) noexcept {
    for (const auto kind : {EventKind::auth, EventKind::open_session, EventKind::close_session})
        if (text == name_of(kind) || (text.size() == 1 && text[0] == '0' + static_cast<int>(kind)))
            return kind;
    return EventKind::unknown;
}

bool is_event_word(std::string_view text) noexcept {
    for (const char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    return !text.empty();
}

/// An empty field is an address that is not known.
bool read_address(std::string_view text, IpAddress &address) noexcept {
    if (text.empty())
        return true;
    const auto parsed = IpAddress::parse(text);
    address = parsed.value_or(IpAddress{});
    return parsed.has_value();
}

bool read_port(std::string_view text, std::uint16_t &port) noexcept {
    const char *const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && stop == end;
}

std::optional<Head> read_head(std::string_view line) noexcept {
    std::string_view fields[4];
    std::size_t offset = 0;
    for (std::string_view &field : fields) {
        const std::size_t comma = line.substr(0, offset + 64).find(',', offset);
        if (comma == line.npos)
            return std::nullopt;
        field = line.substr(offset, comma - offset);
        offset = comma + 1;
    }
    Head head;
    if (!read_address(fields[0], head.destination) || !read_address(fields[1], head.source) ||
        !read_port(fields[2], head.port) || !is_event_word(fields[3]))
        return std::nullopt;
    head.kind = kind_of(fields[3]);
    head.size = offset;
    return head;
}

} // namespace

bool begins_as_comma_line(std::string_view line) noexcept {
    return read_head(line).has_value();
}

ParsedLine parse_comma_line(std::string_view line) noexcept {
    const Head head = *read_head(line);
    if (line.size() < head.size + 1 + date_size || line[line.size() - date_size - 1] != ',')
        return {std::nullopt, {"the date at the end is missing", line.size() + 1}, 0};
    const std::size_t date_offset = line.size() - date_size;
    const auto time = parse_local(line.substr(date_offset));
    if (!time)
        return {std::nullopt, {"not a date as YYYY-MM-DD HH:MM:SS", date_offset + 1}, 0};

    Event event;
    event.time_usec = *time;
    event.source = head.source;
    event.destination = head.destination;
    event.source_port = head.port;
    event.kind = head.kind;
    event.outcome = head.kind == EventKind::auth ? Outcome::attempt : Outcome::none;
    event.flags = flag::typed_texts;
    event.text(Text::user) = {static_cast<std::uint16_t>(head.size),
                              static_cast<std::uint16_t>(date_offset - 1 - head.size)};
    if (event.text(Text::user).size == 0)
        event.flags |= flag::empty_user;
    return {event, {}, 0};
}

} // namespace iptracking
