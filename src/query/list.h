// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/questions.h"

#include <functional>
#include <vector>

namespace iptracking {

/// A list of rows that are rows of inet_log (alias `l`), ordered by date and id.
struct List {
    /// "SELECT … FROM … WHERE …" with what stands in the selection; called for each piece, with the times of what is
    /// left.
    std::function<void(Sql &, const Selection &)> select;
    Selection selection;
    std::vector<Kind> kinds;
    std::size_t time = 0, id = 0;        ///< where l.log_date and l.id are in a row
    std::function<void(Row &)> finish{}; ///< changes what the database gave
    bool at_once = false;                ///< a piece costs as much as all
};

/// Reads it in pieces, each by a statement of its own: while the sink waits for somebody, nothing is held open.
void read_list(AskedDatabase &database, const List &list, const Extent &extent, const RowSink &sink);

} // namespace iptracking
