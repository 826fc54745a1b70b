// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <vector>

namespace iptracking {

struct Box {
    double x = 0, y = 0, width = 0, height = 0;
};

/// Cuts the box into parts of these sizes, as square as it can (Bruls, Huizing, van Wijk: Squarified Treemaps).
/// The sizes are above 0, and the largest comes first.
std::vector<Box> squarified(std::span<const double> sizes, Box box);

} // namespace iptracking
