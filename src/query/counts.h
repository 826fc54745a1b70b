// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/asked_database.h"
#include "query/selection.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace iptracking {

/// What events are counted by, and which summary knows it.
struct CountedBy {
    std::string key;         ///< of a row with alias `l`, of inet_log or of the summary; what is null is left out
    std::string_view view;   ///< the summary; empty: none can answer
    bool by_address = false; ///< the summary has src_ipaddr and dst_ipaddr, so it knows what is asked of them
    bool by_user = false;    ///< likewise uid
    std::string_view day = "l.day", first = "l.start_date", last = "l.end_date"; ///< of the summary
    std::string view_key{}; ///< of a row of the summary, if it is another one
};
CountedBy by_user();
CountedBy by_address(const std::string &key);
/// All in one, and by quarter of an hour; `first` and `last` are to the quarter of an hour only.
CountedBy in_one();
CountedBy by_quarter(const Dialect &dialect);

/// Rows to be summed up: k n f s o a z (key, events, failures, successes, opened sessions, first, last), as
/// "(SELECT …) AS counted".  Of SQLite, whole days come from the summary, where it can tell.  Appends to `sql`, whose
/// text is only what stands before.  `with` is what has to stand before SELECT.
struct Counted {
    std::string with, from;
};
Counted counted_by(const Dialect &dialect, Sql &sql, const CountedBy &by, const Selection &selection);

/// The first and the last date that there are; the last one is -1 where there are none.
std::pair<std::int64_t, std::int64_t> edges_of(AskedDatabase &database);

/// The selection without times that select nothing: then summaries can answer it.
Selection without_needless_times(AskedDatabase &database, Selection selection);

/// The selection with times that select no less: what the summaries know of its addresses or users.
Selection narrowed(AskedDatabase &database, const Selection &selection);
/// The same where it is known when the first and the last of these events were.
Selection narrowed_to(AskedDatabase &database, Selection selection, std::int64_t first, std::int64_t last);

/// The sums of such rows, as pieces of SELECT.
std::string sums_of(const Dialect &dialect);

/// Those sums, as they arrived.
struct Sums {
    static constexpr std::array kinds{Kind::number, Kind::number, Kind::number, Kind::number, Kind::time, Kind::time};
    std::int64_t events = 0, failures = 0, successes = 0, sessions = 0;
    Cell first{}, last{}; ///< times

    Sums() = default;
    /// `at`: where they begin in the row.
    Sums(const Row &row, std::size_t at);
    void add(const Sums &other);
    std::int64_t attempts() const noexcept { return failures + successes; }
    /// successes of the attempts; nothing where there were none
    Cell success_ratio() const;
};

} // namespace iptracking
