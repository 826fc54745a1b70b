// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/sqlite.h"

#include <string>

namespace iptracking {

/// Keeps of the source addresses of events older than a date no more than the net, "192.0.2.0/24" or "2001:db8::/48",
/// and drops their ports and names; in steps, so that somebody else can write between two of them.
///
/// Such events have the flag 8.  After each step the counts of the summaries are those of the rows; their start dates
/// are when it has finished; one that was interrupted leaves some that are too early, for the next one.  Events that
/// are not in the summaries yet stay as they are: a later run finds them.
class SqliteTruncate {
public:
    /// `before`: as format_utc() writes it.
    SqliteTruncate(sqlite::Database &database, std::string before);
    ~SqliteTruncate();
    SqliteTruncate(const SqliteTruncate &) = delete;
    SqliteTruncate &operator=(const SqliteTruncate &) = delete;

    /// How many events have something to drop.
    std::int64_t count();
    struct Step {
        std::int64_t truncated; ///< 0: nobody was locked out
        bool last;
    };
    /// Looks at the `most` events that come next in time, in one transaction.
    Step step(std::int64_t most);
    /// Mends the start dates of the summaries.
    void finish();

private:
    /// The date of the last event that the next step looks at; empty: there are no more.
    std::string end_of_step(std::int64_t most);
    bool finds_any(const std::string &upto);

    sqlite::Database &database_;
    std::string before_, after_;
    bool any_ = false;
};

} // namespace iptracking
