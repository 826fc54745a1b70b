// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/known_row.h"

#include "event/stored_text.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>

namespace iptracking {
namespace {

constexpr std::int64_t second = 1'000'000;

/// How far apart two sources may be: how much older, or younger, the row may be.  It is the other way round where the
/// row is the one that was told of later: where the event is a callback's.
struct Tolerance {
    std::int64_t older, younger;
};

// A callback sees an attempt when it begins; sshd tells of it when the answer was typed and refused, at most
// LoginGraceTime later.  Clocks of seconds, and modules that take their time, for the rest.
constexpr Tolerance attempt_of_process{widest_tolerance_usec, 10 * second};
constexpr Tolerance session_of_process{60 * second, 60 * second};
constexpr Tolerance attempt_of_user{15 * second, 5 * second};
constexpr Tolerance session_of_user{10 * second, 10 * second};
// The same source says the same again, but for fractions of a second that one form of it lacks.
constexpr Tolerance same_source{second, second};

/// What can tell of the same.
enum class Group : std::uint8_t { attempt, success, opened, closed, other };

Group group_of(const FoundEvent &event) noexcept {
    switch (event.kind) {
    case EventKind::auth:
        return event.outcome == Outcome::success ? Group::success : Group::attempt;
    case EventKind::open_session:
        return Group::opened;
    case EventKind::close_session:
        return Group::closed;
    case EventKind::sample:
    case EventKind::unknown:
        break;
    }
    return Group::other;
}

/// wtmp may name another process of the session.
std::int32_t sure_pid(const FoundEvent &event) noexcept {
    return event.origin == Origin::wtmp ? 0 : event.pid;
}

template <class T> bool agree(const T &one, const T &other, const T &unknown = {}) noexcept {
    return one == unknown || other == unknown || one == other;
}

bool agree(const std::optional<std::string> &one, const std::optional<std::string> &other) noexcept {
    return !one || !other || *one == *other;
}

/// A name and its first part.
bool same_host(const std::optional<std::string> &one, const std::optional<std::string> &other) noexcept {
    if (agree(one, other))
        return true;
    const auto begins = [](const std::string &full, const std::string &part) {
        return full.size() > part.size() && full[part.size()] == '.' && full.starts_with(part);
    };
    return begins(*one, *other) || begins(*other, *one);
}

/// A cut name stands for all that begin so.
bool same_user(const FoundEvent &one, const FoundEvent &other) {
    const auto &a = one.text(Text::user), &b = other.text(Text::user);
    if (agree(a, b))
        return true;
    if (!((one.flags | other.flags) & flag::cut_user))
        return false;
    const std::string typed_a = typed_text(*a), typed_b = typed_text(*b);
    return (one.flags & flag::cut_user && typed_b.starts_with(typed_a)) ||
           (other.flags & flag::cut_user && typed_a.starts_with(typed_b));
}

bool is_same(const FoundEvent &event, const KnownRow &row) noexcept {
    return event.time_usec == row.time_usec && event.kind == row.kind && event.outcome == row.outcome &&
           event.pid == row.pid && event.source == row.source && event.source_port == row.source_port &&
           event.texts[0] == row.texts[0] && same_host(event.text(Text::host), row.text(Text::host));
}

bool may_be_same(const FoundEvent &event, const KnownRow &row) {
    if (is_of_callback(event) && is_of_callback(row))
        return false;
    const Group group = group_of(event), row_group = group_of(row);
    const bool by_process = sure_pid(event) != 0 && sure_pid(event) == sure_pid(row);
    // The account would not let him in, which the callback could not know.
    const bool refused_later = event.account_refused && row_group == Group::success && by_process;
    if (group == Group::other || (group != row_group && !refused_later))
        return false;
    if ((event.outcome == Outcome::failure && row.has_succeeded) ||
        (row.outcome == Outcome::failure && event.has_succeeded))
        return false;
    const bool is_attempt = group == Group::attempt || group == Group::success;
    const Tolerance tolerance = event.origin == row.origin ? same_source
                                : by_process               ? is_attempt ? attempt_of_process : session_of_process
                                : is_attempt               ? attempt_of_user
                                                           : session_of_user;
    const std::int64_t age = (event.time_usec - row.time_usec) * (is_of_callback(event) ? -1 : 1);
    if (age > tolerance.older || age < -tolerance.younger)
        return false;
    // Without a process the user has to be known.
    if (!by_process && (!event.text(Text::user) || !row.text(Text::user)))
        return false;
    return agree(sure_pid(event), sure_pid(row)) && agree(event.source, row.source) &&
           agree(event.source_port, row.source_port) && agree(event.text(Text::service), row.text(Text::service)) &&
           same_host(event.text(Text::host), row.text(Text::host)) && same_user(event, row);
}

using RowPlaces = std::vector<std::size_t>; ///< in the order of time

/// The rows around a time.
template <class Body> void around(const RowPlaces &places, const std::vector<KnownRow> &rows, std::int64_t time_usec,
                                  std::int64_t older, std::int64_t younger, const Body &body) {
    auto place = std::lower_bound(places.begin(), places.end(), time_usec - older,
                                  [&](std::size_t at, std::int64_t time) { return rows[at].time_usec < time; });
    for (; place != places.end() && rows[*place].time_usec <= time_usec + younger; ++place)
        if (!body(*place))
            return;
}

KnownRow *best_of(const FoundEvent &event, std::vector<KnownRow> &rows, const RowPlaces &places) {
    KnownRow *best = nullptr;
    around(places, rows, event.time_usec, widest_tolerance_usec, widest_tolerance_usec, [&](std::size_t at) {
        KnownRow &row = rows[at];
        if (row.is_taken || !may_be_same(event, row))
            return true;
        // Of one process they come in order, so the first leaves most for those that follow; else the nearest.
        if (!best || std::abs(row.time_usec - event.time_usec) < std::abs(best->time_usec - event.time_usec))
            best = &row;
        return sure_pid(event) == 0 || sure_pid(event) != sure_pid(row);
    });
    return best;
}

} // namespace

bool is_of_callback(const FoundEvent &event) noexcept {
    return event.origin == Origin::live || event.origin == Origin::refused;
}

std::vector<std::size_t> find_successes(std::span<FoundEvent *const> events) {
    // As the view failures: of the attempts on a connection the last before its success.
    std::vector<std::size_t> successes(events.size(), no_success);
    std::unordered_map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const FoundEvent &event = *events[i];
        if (event.kind != EventKind::auth)
            continue;
        const std::string process = event.source_port == 0
                                        ? std::to_string(event.pid) + " " + event.text(Text::service).value_or("")
                                        : event.source.to_string() + " " + std::to_string(event.source_port);
        const auto [place, is_first] = last.try_emplace(process + " " + event.text(Text::host).value_or(""), i);
        FoundEvent &before = *events[place->second];
        if (!is_first && event.outcome == Outcome::success && before.outcome == Outcome::attempt &&
            agree(before.pid, event.pid)) {
            before.has_succeeded = true;
            successes[place->second] = i;
        }
        place->second = i;
    }
    return successes;
}

std::vector<bool> find_none(std::span<const FoundEvent> events, std::span<const KnownRow> rows) {
    struct Told {
        std::size_t by_source = 0, by_others = 0;
    };
    const auto connection = [](const FoundEvent &event) {
        constexpr std::size_t uncut = 16; // btmp has 32 bytes, some of which may be escaped elsewhere
        return std::to_string(event.pid) + " " + event.text(Text::user).value_or("").substr(0, uncut);
    };
    std::unordered_map<std::string, Told> told;
    for (const FoundEvent &event : events)
        if (event.is_perhaps_none)
            told.try_emplace(connection(event));
    if (!told.empty()) {
        const auto find = [&](const FoundEvent &event) {
            const auto found = told.find(connection(event));
            return found == told.end() ? nullptr : &found->second;
        };
        for (const FoundEvent &event : events)
            if (Told *const same = find(event))
                ++same->by_source;
        for (const KnownRow &row : rows)
            if (row.origin != events.front().origin && group_of(row) == Group::attempt)
                if (Told *const same = find(row))
                    ++same->by_others;
    }
    std::vector<bool> none(events.size());
    for (std::size_t i = 0; i < events.size(); ++i)
        if (events[i].is_perhaps_none) {
            const Told &same = told.at(connection(events[i]));
            none[i] = same.by_others > 0 && same.by_source == same.by_others + 1;
        }
    return none;
}

std::vector<KnownRow *> match(std::span<const FoundEvent> events, std::vector<KnownRow> &rows) {
    RowPlaces places(rows.size());
    for (std::size_t i = 0; i < places.size(); ++i)
        places[i] = i;
    std::stable_sort(places.begin(), places.end(),
                     [&](std::size_t a, std::size_t b) { return rows[a].time_usec < rows[b].time_usec; });
    std::unordered_map<std::int32_t, RowPlaces> of_process;
    RowPlaces of_none;
    for (const std::size_t at : places)
        (sure_pid(rows[at]) != 0 ? of_process[sure_pid(rows[at])] : of_none).push_back(at);

    std::vector<KnownRow *> found(events.size());
    for (std::size_t i = 0; i < events.size(); ++i)
        around(places, rows, events[i].time_usec, 0, 0, [&](std::size_t at) {
            KnownRow &row = rows[at];
            if (row.is_taken || !is_same(events[i], row))
                return true;
            found[i] = &row;
            row.is_taken = true;
            return false;
        });
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (found[i])
            continue;
        const std::int32_t pid = sure_pid(events[i]);
        if (pid == 0) {
            found[i] = best_of(events[i], rows, places);
        } else {
            if (const auto process = of_process.find(pid); process != of_process.end())
                found[i] = best_of(events[i], rows, process->second);
            if (!found[i])
                found[i] = best_of(events[i], rows, of_none);
        }
        if (found[i])
            found[i]->is_taken = true;
    }
    return found;
}

} // namespace iptracking
