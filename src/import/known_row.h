// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/found_event.h"

#include <span>
#include <vector>

namespace iptracking {

/// An event that the database has.
struct KnownRow : FoundEvent {
    std::int64_t id = 0;
    bool is_taken = false; ///< an event of the source that is read tells of it
};

/// Stored whole, with its own time: two of them are the same only if they say the same.
bool is_of_callback(const FoundEvent &event) noexcept;

inline constexpr std::size_t no_success = static_cast<std::size_t>(-1);

/// Events in the order in which they were told, or of their ids: for each attempt that succeeded the place of the
/// success that came of it, else no_success.  Marks those attempts.
std::vector<std::size_t> find_successes(std::span<FoundEvent *const> events);

/// For each event, in the order of time, the row that it tells of; null: none does.  A row is taken once.  First the
/// rows that say the same, then those that may: each source has its own idea of when an attempt was.  So it is the
/// same again after the events without a row have been stored.
std::vector<KnownRow *> match(std::span<const FoundEvent> events, std::vector<KnownRow> &rows);

/// Which of those that are perhaps none are: where others tell of one attempt less on the connection.
std::vector<bool> find_none(std::span<const FoundEvent> events, std::span<const KnownRow> rows);

/// An event and the row that it tells of are no further apart.
inline constexpr std::int64_t widest_tolerance_usec = 150'000'000;

} // namespace iptracking
