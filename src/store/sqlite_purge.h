// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/sqlite.h"

#include <string>

namespace iptracking {

/// Removes what is older than a date, in steps, so that somebody else can write between two of them.
///
/// After each step the counts of the summaries are those of the rows that remain.  Their start dates are when it has
/// finished; one that was interrupted leaves some that are too early, for the next one.  Sessions go with the event
/// that opened them, also open ones; that an attempt succeeded is forgotten with the attempt.  Events that are not in
/// the summaries yet stay: a later purge finds them, and the highest ids that were ever used are still to be seen.
class SqlitePurge {
public:
    /// `before`: as format_utc() writes it.
    SqlitePurge(sqlite::Database &database, std::string before);
    ~SqlitePurge();
    SqlitePurge(const SqlitePurge &) = delete;
    SqlitePurge &operator=(const SqlitePurge &) = delete;

    /// How many events there are to remove.
    std::int64_t count();
    /// One transaction; gives how many events went, 0: none is left.
    std::int64_t step(std::int64_t most);
    /// Mends the start dates of the summaries.
    void finish();

private:
    std::int64_t upto(const char *summary);
    void note_first_dates();

    sqlite::Database &database_;
    std::string before_;
    std::int64_t noted_addresses_ = 0, noted_days_ = 0,
                 noted_users_ = 0; ///< the ids that the first dates are known up to
};

} // namespace iptracking
