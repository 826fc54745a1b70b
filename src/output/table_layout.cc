// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/table_layout.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::size_t shortest_cut = 8; // less says little

/// The width of a column where cells are cut at `cut`.
std::size_t width_of(const ColumnWidth &column, std::size_t cut) {
    return column.may_be_cut ? std::min(column.natural, cut) : column.natural;
}

/// With a blank between columns.
std::size_t total_width(const std::vector<ColumnWidth> &columns, std::size_t count, std::size_t cut) {
    std::size_t total = count - 1;
    for (std::size_t i = 0; i < count; ++i)
        total += width_of(columns[i], cut);
    return total;
}

} // namespace

std::size_t columns_that_fit(const std::vector<ColumnWidth> &columns, std::size_t limit) {
    std::size_t count = columns.size();
    while (limit > 0 && count > 1 && total_width(columns, count, shortest_cut) > limit)
        --count;
    return count;
}

void fit_columns(std::vector<ColumnWidth> &columns, std::size_t limit) {
    std::size_t cut = 0;
    for (const ColumnWidth &column : columns)
        cut = std::max(cut, column.natural);
    while (limit > 0 && cut > shortest_cut && total_width(columns, columns.size(), cut) > limit)
        --cut;
    for (ColumnWidth &column : columns)
        column.width = width_of(column, cut);
}

} // namespace iptracking
