// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/event_line.h"

#include "event/comma_line.h"
#include "event/eight_bytes.h"
#include "event/line_keys.h"
#include "event/timestamp.h"
#include "line/format.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace iptracking {
namespace {

constexpr std::string_view magic = line::magic;

/// The first blank or control character from `at` on, of which there is one.
const char *end_of_word(const char *at) noexcept {
    std::uint64_t ends;
    while (!(ends = lowest_end_of_word(load_eight(at))))
        at += 8;
    at += std::countr_zero(ends) / 8;
    while (!ends_a_word(*at))
        ++at;
    return at;
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
    } else if (text == "sample") {
        event.kind = EventKind::sample;
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

std::uint16_t cut_flag_of(std::string_view name) noexcept {
    if (name == "user")
        return flag::cut_user;
    return name == "auth_info" ? flag::cut_auth_info : flag::cut_other;
}

/// "user,rhost": which texts the source cut.
std::uint16_t read_cut(std::string_view names) noexcept {
    std::uint16_t flags = 0;
    while (!names.empty()) {
        const std::size_t comma = names.find(',');
        flags |= cut_flag_of(names.substr(0, comma));
        names.remove_prefix(comma == names.npos ? names.size() : comma + 1);
    }
    return flags;
}

/// Reads the words behind the magic, one by one, into `event`.  Behind the line stand sixteen bytes, the first of which
/// is 0: no loop needs to look for the end.  (Its own address goes nowhere, so that it lives in registers.)
class LineReader {
public:
    LineReader(const char *line, std::size_t size, Event &event) noexcept
        : begin_(line), end_(line + size), at_(line + magic.size()), word_(at_), event_(event) {}

    bool read() noexcept {
        begin_word();
        while (at_ < end_) {
            const char *const before = at_;
            if (!take_known_words() || (at_ == before && !take_rare_word()))
                return false;
        }
        word_ = end_;
        if (event_.outcome == Outcome::none)
            event_.outcome = implied_;
        return has(Key::event) || fail("'event' is missing", end_);
    }

    /// Why read() could not; but a control character in the word is what is wrong with it.
    ParseError error() const noexcept {
        const char *const end = end_of_word(word_);
        const bool control = *end != ' ' && end != end_;
        return {control ? "a control character" : reason_,
                static_cast<std::size_t>((control ? word_ : where_) - begin_) + 1};
    }
    /// Whether a word ends as a line begins: half a line may stand in front of another one.
    bool has_other_line() const noexcept { return has_other_line_; }

private:
    bool has(Key key) const noexcept { return seen_ & (1u << static_cast<unsigned>(key)); }
    bool is_at_end_of_word() const noexcept { return *at_ == ' ' || at_ == end_; }

    bool fail(const char *reason, const char *where) noexcept {
        reason_ = reason;
        where_ = where;
        return false;
    }

    /// From the blank behind a word to the next one, or beyond the end.
    void begin_word() noexcept {
        word_ = ++at_;
        eight_ = load_eight(at_);
    }

    /// Those that come in the callback's order: all, in a line of the callback.
    bool take_known_words() noexcept {
        return take_words_of<first_keys>() && (!is_perhaps_counter(eight_) || take_counters()) &&
               take_words_of<texts>() && take_words_of<last_keys>();
    }

    // One by one, and not unrolled: the words that every line has would lose registers to these.
    bool take_counters() noexcept {
        for (const KeyBytes &key : counters)
            if (begins_with(key) && !take_word(key, [&] { return take_counter(key.key); }))
                return false;
        return true;
    }
    bool take_auth_texts() noexcept {
        for (const KeyBytes &key : auth_keys)
            if (begins_with(key) && !take_word(key, [&] { return take_place_of_text(key.key); }))
                return false;
        return true;
    }

    bool begins_with(const KeyBytes &key) const noexcept {
        return (eight_ & key.mask) == key.bytes &&
               (key.more_mask == 0 || (load_eight(at_ + 8) & key.more_mask) == key.more_bytes);
    }

    template <const auto &keys> bool take_words_of() noexcept {
        return take_words_of<keys>(std::make_index_sequence<std::size(keys)>());
    }
    template <const auto &keys, std::size_t... index> bool take_words_of(std::index_sequence<index...>) noexcept {
        return (take_word_of<keys, index>() && ...);
    }

    /// The word, if it has this key.
    template <const auto &keys, std::size_t index> bool take_word_of() noexcept {
        constexpr KeyBytes key = keys[index];
        return (eight_ & key.mask) != key.bytes || take_word(key, [&] { return take_value<key.key>(); });
    }

    template <class Take> [[gnu::always_inline]] bool take_word(const KeyBytes &key, Take take_value) noexcept {
        at_ += key.size;
        const bool known = has(key.key); // of a key given twice the first holds
        seen_ |= 1u << static_cast<unsigned>(key.key);
        if (!(known ? skip_word() : take_value()))
            return false;
        begin_word();
        return true;
    }

    bool take_rare_word() noexcept {
        const char *const before = at_;
        return take_auth_texts() && (at_ != before || take_other_word());
    }

    bool take_other_word() noexcept {
        if (!skip_word())
            return false;
        if (at_ != word_ && from(word_).find('=') == std::string_view::npos)
            return fail("not key=value", word_);
        begin_word();
        return true;
    }

    template <Key key> bool take_value() noexcept {
        if constexpr (key == Key::time)
            return take_number(event_.time_usec, latest_time_usec, "not a time in microseconds");
        else if constexpr (key == Key::src)
            return take_address(event_.source);
        else if constexpr (key == Key::dst)
            return take_address(event_.destination);
        else if constexpr (key == Key::sport)
            return take_number(event_.source_port, highest_port, "not a port");
        else if constexpr (key == Key::dport)
            return take_number(event_.destination_port, highest_port, "not a port");
        else if constexpr (key == Key::pid)
            return take_number(event_.pid, std::int32_t{INT32_MAX}, "not a process id");
        else if constexpr (key >= Key::user)
            return take_place_of_text(key);
        else
            return take_name<key>();
    }

    /// To the end of the word.
    [[gnu::always_inline]] bool skip_word() noexcept {
        at_ = end_of_word(at_);
        has_other_line_ |= at_[-1] == magic.back() && from(word_).ends_with(magic);
        return is_at_end_of_word() || fail("a control character", word_);
    }

    /// What was read from there on.
    std::string_view from(const char *begin) const noexcept { return {begin, static_cast<std::size_t>(at_ - begin)}; }

    /// Of what was read from there on.
    TextPlace place_of(const char *begin) const noexcept {
        return {static_cast<std::uint16_t>(begin - begin_), static_cast<std::uint16_t>(at_ - begin)};
    }

    /// Digits only.
    template <class Number>
    [[gnu::always_inline]] bool take_number(Number &number, Number highest, const char *what) noexcept {
        const char *const value = at_, *at = value;
        std::uint64_t sum = 0;
        if constexpr (sizeof(Number) == 8) // a time has sixteen digits, a counter may have
            for (std::uint64_t eight; are_digits(eight = load_eight(at)); at += 8)
                sum = sum * 100'000'000 + number_of(eight);
        for (unsigned digit; (digit = static_cast<unsigned char>(*at) - unsigned{'0'}) <= 9; ++at)
            sum = sum * 10 + digit;
        at_ = at;
        number = static_cast<Number>(sum);
        const auto digits = at_ - value;
        return (is_at_end_of_word() && digits > 0 && digits <= std::numeric_limits<std::uint64_t>::digits10 &&
                sum <= static_cast<std::uint64_t>(highest)) ||
               fail(what, value);
    }

    /// Its place: the number is read by those who want it.
    [[gnu::always_inline]] bool take_counter(Key key) noexcept {
        const auto which = static_cast<Counter>(static_cast<unsigned>(key) - static_cast<unsigned>(Key::rx_bytes));
        const char *const begin = at_;
        std::int64_t number;
        if (!take_number(number, std::int64_t{INT64_MAX}, "not a counter"))
            return false;
        event_.counter(which) = place_of(begin);
        return true;
    }

    bool take_address(IpAddress &address) noexcept {
        const char *const value = at_;
        if (const char *const behind = address.read_v4(value)) {
            at_ = behind;
            if (is_at_end_of_word())
                return true;
        }
        if (!skip_word())
            return false;
        const auto parsed = IpAddress::parse(from(value));
        address = parsed.value_or(IpAddress{});
        return parsed || fail("not an address", value);
    }

    [[gnu::always_inline]] bool take_place_of_text(Key key) noexcept {
        const char *const begin = at_;
        if (!skip_word())
            return false;
        const TextPlace place = place_of(begin);
        event_.text(static_cast<Text>(static_cast<unsigned>(key) - static_cast<unsigned>(Key::user))) = place;
        if (key == Key::user && place.size == 0)
            event_.flags |= flag::empty_user;
        return true;
    }

    /// What means something here.
    template <Key key> bool take_name() noexcept {
        const char *const begin = at_;
        if (!skip_word())
            return false;
        const std::string_view value = from(begin);
        if constexpr (key == Key::event)
            read_event(value, event_, implied_);
        else if constexpr (key == Key::outcome)
            return read_outcome(value, event_.outcome) || fail("not an outcome", begin);
        else
            event_.flags |= read_cut(value);
        return true;
    }

    static constexpr std::uint16_t highest_port = 65535;

    const char *const begin_, *const end_;
    const char *at_, *word_; ///< where the reader is, and where its word begins
    Event &event_;
    std::uint64_t eight_ = 0; ///< the first bytes of the word
    unsigned seen_ = 0;
    Outcome implied_ = Outcome::none;
    bool has_other_line_ = false;
    const char *reason_ = nullptr, *where_ = nullptr;
};

/// `line` begins as one and is shorter than line::max_size.  True: it is good, and no word in it ends as a line begins.
bool read_event_line(std::string_view line, ParsedLine &parsed) noexcept {
    char copy[line::max_size + 16];
    std::memcpy(copy, line.data(), line.size());
    std::memset(copy + line.size(), 0, 16);
    LineReader reader(copy, line.size(), parsed.event.emplace(Event{.time_usec = no_time}));
    if (reader.read())
        return !reader.has_other_line();
    parsed.event.reset();
    parsed.error = reader.error();
    return false;
}

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
