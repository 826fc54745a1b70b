// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/event_line.h"

#include "event/comma_line.h"
#include "event/timestamp.h"
#include "line/format.h"

#include <algorithm>
#include <charconv>

namespace iptracking {
namespace {

constexpr std::string_view magic = line::magic;

/// The words that we know.
enum class Key : unsigned {
    event,
    time,
    src,
    sport,
    dst,
    dport,
    pid,
    outcome,
    cut,
    user,
    service,
    tty,
    ruser,
    rhost,
    host, // in the order of Text
    unknown,
};

/// A switch over the length, then one comparison: the parser is on the way of every event.
Key key_of(std::string_view word) noexcept {
    switch (word.size()) {
    case 3:
        return word == "src"   ? Key::src
               : word == "dst" ? Key::dst
               : word == "pid" ? Key::pid
               : word == "tty" ? Key::tty
               : word == "cut" ? Key::cut
                               : Key::unknown;
    case 4:
        return word == "time" ? Key::time : word == "user" ? Key::user : word == "host" ? Key::host : Key::unknown;
    case 5:
        return word == "event"   ? Key::event
               : word == "sport" ? Key::sport
               : word == "dport" ? Key::dport
               : word == "ruser" ? Key::ruser
               : word == "rhost" ? Key::rhost
                                 : Key::unknown;
    case 7:
        return word == "service" ? Key::service : word == "outcome" ? Key::outcome : Key::unknown;
    default:
        return Key::unknown;
    }
}

template <class Number> bool read_number(std::string_view text, Number &number, Number highest) noexcept {
    const char *const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stop == end && number >= 0 && number <= highest;
}

bool read_address(std::string_view text, IpAddress &address) noexcept {
    const auto parsed = IpAddress::parse(text);
    address = parsed.value_or(IpAddress{});
    return parsed.has_value();
}

/// An unknown event is stored as such; `account` is an authentication that succeeded.
void read_event(std::string_view text, Event &event, Outcome &implied) noexcept {
    if (text == "auth") {
        event.kind = EventKind::auth;
        implied = Outcome::attempt;
    } else if (text == "account") {
        event.kind = EventKind::auth;
        implied = Outcome::success;
    } else if (text == "open_session") {
        event.kind = EventKind::open_session;
    } else if (text == "close_session") {
        event.kind = EventKind::close_session;
    }
}

bool read_outcome(std::string_view text, Outcome &outcome) noexcept {
    for (const auto known : {Outcome::attempt, Outcome::success, Outcome::failure})
        if (text == name_of(known)) {
            outcome = known;
            return true;
        }
    return false;
}

/// "user,rhost": which texts the source cut.
std::uint16_t read_cut(std::string_view names) noexcept {
    std::uint16_t flags = 0;
    while (!names.empty()) {
        const std::size_t comma = names.find(',');
        flags |= names.substr(0, comma) == "user" ? flag::cut_user : flag::cut_other;
        names.remove_prefix(comma == names.npos ? names.size() : comma + 1);
    }
    return flags;
}

/// Whether a byte may stand in a word: control characters mean that the line is damaged.
bool has_control_character(std::string_view word) noexcept {
    for (const char c : word)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            return true;
    return false;
}

/// Reads the words behind the magic, one by one.
class LineReader {
public:
    explicit LineReader(std::string_view line) noexcept : line_(line), offset_(magic.size()) {}

    ParsedLine read() noexcept {
        while (offset_ < line_.size()) {
            ++offset_; // the blank in front
            const std::size_t blank = std::min(line_.find(' ', offset_), line_.size());
            if (blank != offset_ && !take_word(line_.substr(offset_, blank - offset_)))
                return {std::nullopt, error_, 0};
            offset_ = blank;
        }
        if (!has(Key::event))
            return {std::nullopt, {"'event' is missing", line_.size() + 1}, 0};
        if (event_.outcome == Outcome::none)
            event_.outcome = implied_;
        return {event_, {}, 0};
    }

    /// The beginning of the last word that ends as a line begins: half a line may stand in front of one.
    std::size_t other_line() const noexcept { return other_line_; }

private:
    bool has(Key key) const noexcept { return seen_ & (1u << static_cast<unsigned>(key)); }

    bool fail(const char *reason, std::size_t column_in_word = 0) noexcept {
        error_ = {reason, offset_ + column_in_word + 1};
        return false;
    }

    bool take_word(std::string_view word) noexcept {
        if (word.ends_with(magic))
            other_line_ = offset_ + word.size() - magic.size();
        if (has_control_character(word))
            return fail("a control character");
        const std::size_t equals = word.find('=');
        if (equals == word.npos)
            return fail("not key=value");
        const Key key = key_of(word.substr(0, equals));
        if (key == Key::unknown || has(key))
            return true; // of a key given twice the first holds
        seen_ |= 1u << static_cast<unsigned>(key);
        return take_value(key, word.substr(equals + 1), equals + 1);
    }

    bool take_value(Key key, std::string_view value, std::size_t at) noexcept {
        switch (key) {
        case Key::event:
            read_event(value, event_, implied_);
            return true;
        case Key::time:
            return read_number(value, event_.time_usec, latest_time_usec) || fail("not a time in microseconds", at);
        case Key::src:
            return read_address(value, event_.source) || fail("not an address", at);
        case Key::dst:
            return read_address(value, event_.destination) || fail("not an address", at);
        case Key::sport:
            return read_number(value, event_.source_port, highest_port) || fail("not a port", at);
        case Key::dport:
            return read_number(value, event_.destination_port, highest_port) || fail("not a port", at);
        case Key::pid:
            return read_number(value, event_.pid, std::int32_t{INT32_MAX}) || fail("not a process id", at);
        case Key::outcome:
            return read_outcome(value, event_.outcome) || fail("not an outcome", at);
        case Key::cut:
            event_.flags |= read_cut(value);
            return true;
        default:
            take_text(static_cast<Text>(static_cast<unsigned>(key) - static_cast<unsigned>(Key::user)), value, at);
            return true;
        }
    }

    void take_text(Text which, std::string_view value, std::size_t at) noexcept {
        event_.text(which) = {static_cast<std::uint16_t>(offset_ + at), static_cast<std::uint16_t>(value.size())};
        if (which == Text::user && value.empty())
            event_.flags |= flag::empty_user;
    }

    static constexpr std::uint16_t highest_port = 65535;

    std::string_view line_;
    std::size_t offset_;
    std::size_t other_line_ = std::string_view::npos;
    Event event_{.time_usec = no_time};
    Outcome implied_ = Outcome::none;
    ParseError error_;
    unsigned seen_ = 0;
};

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
    ParsedLine parsed = begins_as_event_line(rest) ? LineReader(rest).read() : parse_comma_line(rest);
    parsed.garbage = beginning;
    parsed.error.column += beginning;
    return parsed;
}

/// In one line; more of them are somebody's play.
constexpr int most_beginnings = 4;

} // namespace

ParsedLine parse_event_line(std::string_view line) noexcept {
    const std::size_t filled = std::min(line.find_first_not_of('\0'), line.size());
    if (begins_as_comma_line(line.substr(filled)))
        return read_from(line, filled);
    ParsedLine parsed;
    if (begins_as_event_line(line) && line.size() < line::max_size) {
        LineReader reader(line);
        parsed = reader.read();
        if (parsed.event && reader.other_line() == line.npos)
            return parsed;
    } else {
        parsed.error = {"neither 'iptracking/1' nor the comma form", 1};
    }
    // Half a line, or garbage, in front of a good one; or a name that is our first word, in a good line.
    std::size_t beginning = last_beginning(line);
    for (int tries = 0; tries < most_beginnings && beginning != line.npos; ++tries) {
        const ParsedLine rest = read_from(line, beginning);
        if (rest.event)
            return rest;
        if (!parsed.event)
            parsed = rest;
        beginning = last_beginning(line.substr(0, beginning + magic.size() - 1));
    }
    return parsed;
}

} // namespace iptracking
