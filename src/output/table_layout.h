// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <vector>

namespace iptracking {

struct ColumnWidth {
    std::size_t natural = 0; ///< of its longest cell and its title
    bool may_be_cut = false; ///< what does not fit is marked; a number or an address is never cut
    bool is_lesser = false;  ///< goes first where there is no room
    std::size_t width = 0;   ///< the answer
};

/// Which of the columns have room in `limit` columns of a terminal; at least one.  The rightmost goes first.
std::vector<std::size_t> columns_that_fit(const std::vector<ColumnWidth> &columns, std::size_t limit);

/// Sets the widths.  Where there is too little room, the widest of those that may be cut are cut first; if that is not
/// enough, it is wider than `limit`.  `limit` 0: none.
void fit_columns(std::vector<ColumnWidth> &columns, std::size_t limit);

} // namespace iptracking
