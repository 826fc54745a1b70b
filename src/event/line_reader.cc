// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/line_reader.h"

#include "event/eight_bytes.h"
#include "event/line_keys.h"
#include "event/timestamp.h"
#include "line/format.h"

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace iptracking {
namespace {

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
        : begin_(line), end_(line + size), at_(line + magic.size()), word_(at_), event_(&event) {}

    bool read() noexcept {
        begin_word();
        while (at_ < end_) {
            const char *const before = at_;
            if (!take_known_words() || (at_ == before && !take_other_word()))
                return false;
        }
        word_ = end_;
        if (event_->outcome == Outcome::none)
            event_->outcome = implied_;
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
    static constexpr std::string_view magic = line::magic;

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

    /// Those that come in the callback's order, with rare ones behind the first or in the next round.
    bool take_known_words() noexcept {
        return take_words_of<first_keys>() && (__builtin_expect(!is_perhaps_rare(eight_), true) || take_rare_words()) &&
               take_words_of<texts>() && (at_ >= end_ || take_words_of<last_keys>());
    }

    /// By a copy, in a function of its own: the words that every line has would lose registers to these.
    bool take_rare_words() noexcept {
        *this = with_rare_words(*this);
        return reason_ == nullptr;
    }
    [[gnu::noinline]] static LineReader with_rare_words(LineReader reader) noexcept {
        reader.take_words_of<rare_keys>();
        return reader;
    }

    TextPlace &place(Key key) noexcept {
        if (key < Key::user)
            return event_->counters[static_cast<unsigned>(key) - static_cast<unsigned>(Key::rx_bytes)];
        return event_->texts[static_cast<unsigned>(key) - static_cast<unsigned>(Key::user)];
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
        if ((eight_ & key.mask) != key.bytes || has(key.key)) // of a key given twice the first holds
            return true;
        if constexpr (key.more_mask != 0)
            if ((load_eight(at_ + 8) & key.more_mask) != key.more_bytes)
                return true;
        at_ += key.size;
        seen_ |= 1u << static_cast<unsigned>(key.key);
        if (!take_value<key.key>())
            return false;
        begin_word();
        return true;
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
            return take_number(event_->time_usec, latest_time_usec, "not a time in microseconds");
        else if constexpr (key == Key::src)
            return take_address(event_->source);
        else if constexpr (key == Key::dst)
            return take_address(event_->destination);
        else if constexpr (key == Key::sport)
            return take_number(event_->source_port, highest_port, "not a port");
        else if constexpr (key == Key::dport)
            return take_number(event_->destination_port, highest_port, "not a port");
        else if constexpr (key == Key::pid)
            return take_number(event_->pid, std::int32_t{INT32_MAX}, "not a process id");
        else if constexpr (key >= Key::rx_bytes && key <= Key::tx_packets)
            return take_counter(key);
        else if constexpr (key >= Key::user)
            return take_place_of_text(key);
        else
            return take_name<key>();
    }

    /// To the end of the word.
    [[gnu::always_inline]] bool skip_word() noexcept {
        at_ = end_of_word(at_);
        has_other_line_ |= ends_as_a_line_begins();
        return is_at_end_of_word() || fail("a control character", word_);
    }

    bool ends_as_a_line_begins() const noexcept { return at_[-1] == magic.back() && from(word_).ends_with(magic); }

    /// What was read from there on.
    std::string_view from(const char *begin) const noexcept { return {begin, static_cast<std::size_t>(at_ - begin)}; }

    /// Of what was read from there on.
    TextPlace place_of(const char *begin) const noexcept {
        return {static_cast<std::uint16_t>(begin - begin_), static_cast<std::uint16_t>(at_ - begin)};
    }

    /// Digits only.
    template <class Number> bool take_number(Number &number, Number highest, const char *what) noexcept {
        const char *const value = at_, *at = value;
        std::uint64_t sum = 0;
        if constexpr (sizeof(Number) == 8) // a time has sixteen digits
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
    bool take_counter(Key key) noexcept {
        const char *const begin = at_;
        std::int64_t number;
        const bool good = take_number(number, highest_counter, "not a counter");
        place(key) = place_of(begin);
        return good;
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
        this->place(key) = place;
        if (key == Key::user && place.size == 0)
            event_->flags |= flag::empty_user;
        return true;
    }

    /// What means something here.
    template <Key key> bool take_name() noexcept {
        const char *const begin = at_;
        if (!skip_word())
            return false;
        const std::string_view value = from(begin);
        if constexpr (key == Key::event)
            read_event(value, *event_, implied_);
        else if constexpr (key == Key::outcome)
            return read_outcome(value, event_->outcome) || fail("not an outcome", begin);
        else
            event_->flags |= read_cut(value);
        return true;
    }

    static constexpr std::uint16_t highest_port = 65535;

    const char *begin_, *end_;
    const char *at_, *word_; ///< where the reader is, and where its word begins
    Event *event_;
    std::uint64_t eight_ = 0; ///< the first bytes of the word
    unsigned seen_ = 0;
    Outcome implied_ = Outcome::none;
    bool has_other_line_ = false;
    const char *reason_ = nullptr, *where_ = nullptr;
};

} // namespace

bool read_event_line(std::string_view line, ParsedLine &parsed) noexcept {
    char copy[line::max_size + 16];
    std::memcpy(copy, line.data(), line.size());
    std::memset(copy + line.size(), 0, 16);
    Event &event = parsed.event.emplace();
    event.time_usec = no_time;
    LineReader reader(copy, line.size(), event);
    if (reader.read())
        return !reader.has_other_line();
    parsed.event.reset();
    parsed.error = reader.error();
    return false;
}

} // namespace iptracking
