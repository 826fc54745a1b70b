// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/table_layout.h"

#include <algorithm>
#include <numeric>

namespace iptracking {
namespace {

constexpr std::size_t shortest_cut = 8; // less says little

/// The width of a column where cells are cut at `cut`.
std::size_t width_of(const ColumnWidth &column, std::size_t cut) {
    return column.may_be_cut ? std::min(column.natural, cut) : column.natural;
}

/// With a blank between columns.
std::size_t total_width(const std::vector<ColumnWidth> &columns, std::size_t cut) {
    std::size_t total = columns.size() - 1;
    for (const ColumnWidth &column : columns)
        total += width_of(column, cut);
    return total;
}

} // namespace

std::vector<std::size_t> columns_that_fit(const std::vector<ColumnWidth> &columns, std::size_t limit) {
    std::vector<ColumnWidth> left = columns;
    std::vector<std::size_t> places(columns.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    while (limit > 0 && left.size() > 1 && total_width(left, shortest_cut) > limit) {
        const auto lesser = std::find_if(left.rbegin(), left.rend(), [](const auto &one) { return one.is_lesser; });
        const auto goes = lesser == left.rend() ? left.end() - 1 : lesser.base() - 1;
        places.erase(places.begin() + (goes - left.begin()));
        left.erase(goes);
    }
    return places;
}

void fit_columns(std::vector<ColumnWidth> &columns, std::size_t limit) {
    std::size_t cut = 0;
    for (const ColumnWidth &column : columns)
        cut = std::max(cut, column.natural);
    while (limit > 0 && cut > shortest_cut && total_width(columns, cut) > limit)
        --cut;
    for (ColumnWidth &column : columns)
        column.width = width_of(column, cut);
}

} // namespace iptracking
