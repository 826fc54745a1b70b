// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/counts.h"
#include "query/questions.h"

namespace iptracking {

/// Counts in memory.  SQLite sorts all rows to group them, and for that writes them aside: for millions of rows this
/// takes a third of the time.  `counted`: as counted_by() gave it; for nets too, of addresses.
/// False: there are so many keys that it would take too much memory; the sink was given nothing.
bool tally(AskedDatabase &database, Sql question, const Counted &counted, const Top &top,
           const std::function<bool(const std::string &key, const Sums &sums)> &sink);

} // namespace iptracking
