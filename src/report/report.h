// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/selection.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What an administrator wants to know on Monday, as data; html.h, text.h and json.h render it.
namespace iptracking {

class AskedDatabase;

struct Counts {
    std::int64_t events = 0, failures = 0, successes = 0, sessions = 0;
    std::int64_t attempts() const noexcept { return failures + successes; }
    /// None where nobody has tried.
    std::optional<double> success_ratio() const noexcept;
    Counts &operator+=(const Counts &other) noexcept;
};

/// What happened from a time on, as long as the report says.
struct Slot {
    std::int64_t start_usec = 0;
    Counts counts;
};

/// Of one user, or one net.
struct Part {
    std::string name; ///< as it is stored
    Counts counts;
};

struct OpenSession {
    std::string user, source, service, tty, host; ///< empty: not known
    std::int64_t start_usec = 0;
};

/// A user who was let in.
struct Login {
    std::int64_t time_usec = 0;
    std::string user, source, service, host;
    std::int64_t failures = 0; ///< from the same address, within the hour before
};

/// What was moved on a day, or by a user.
struct Moved {
    std::string name; ///< "2026-11-21", or as it is stored
    std::int64_t sessions = 0, rx_bytes = 0, tx_bytes = 0;
    std::int64_t bytes() const noexcept { return rx_bytes + tx_bytes; }
};

/// A key that let somebody in for the first time.
struct NewKey {
    std::int64_t time_usec = 0;
    std::string key;
    std::vector<std::string> users, addresses; ///< the last ones first
};

/// The first of a list, and how many there were.
template <class T> struct Listed {
    std::vector<T> shown;
    std::int64_t total = 0;
    bool at_least = false; ///< `total`: to count them all would take too long
};

struct Report {
    std::string host;     ///< that asked
    std::string database; ///< "sqlite3 /var/lib/iptracking/iptracking.sqlite3"
    std::int64_t made_usec = 0, since_usec = 0, until_usec = 0;
    bool utc = false;

    Counts total, before;    ///< `before`: in a time of the same length, just before it
    std::vector<Slot> slots; ///< without a gap
    std::int64_t slot_hours = 1;
    std::array<std::array<Counts, 24>, 7> week; ///< by weekday, Monday first, and hour
    std::vector<Part> nets, users;              ///< those with most attempts first
    Listed<OpenSession> open;                   ///< the longest first; whenever they began
    Listed<Login> new_pairs;                    ///< the newest first
    Listed<Login> after_failures;               ///< likewise
    std::vector<Moved> moved_days;              ///< without a gap; none where nothing was counted
    std::vector<Moved> moved_users;             ///< those who moved most first
    Listed<NewKey> new_keys;                    ///< those that were used last first

    bool is_empty() const noexcept { return total.events == 0 && open.total == 0; }
};

/// Since when, where nobody says it.
inline constexpr std::int64_t usual_report_usec = 7 * 86'400'000'000;

/// Asks all of it.  Without times: of the last 7 days.
Report make_report(AskedDatabase &database, Selection selection, bool utc);

/// What stands out, in sentences.  Names in them are safe to be shown.
std::vector<std::string> headline(const Report &report);

} // namespace iptracking
