// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/found_event.h"

#include <span>
#include <vector>

namespace iptracking {

/// An event that the database has.
struct KnownRow : FoundEvent {
    std::int64_t id = 0;
    bool has_succeeded = false; ///< an attempt, and a success came of it
    bool is_taken = false;      ///< an event of the source that is read tells of it
};

/// Rows in the order of their ids: which attempts a success came of.
void find_succeeded(std::vector<KnownRow> &rows);

/// For each event, in the order of time, the row that it tells of; null: none does.  A row is taken once.  First the
/// rows that say the same, then those that may: each source has its own idea of when an attempt was.  So it is the
/// same again after the events without a row have been stored.
std::vector<KnownRow *> match(std::span<const FoundEvent> events, std::vector<KnownRow> &rows);

/// Which of those that are perhaps none are: where others tell of one attempt less on the connection.
std::vector<bool> find_none(std::span<const FoundEvent> events, std::span<const KnownRow> rows);

/// An event and the row that it tells of are no further apart.
inline constexpr std::int64_t widest_tolerance_usec = 150'000'000;

} // namespace iptracking
