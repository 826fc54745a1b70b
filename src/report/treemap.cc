// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/treemap.h"

#include <algorithm>
#include <numeric>

namespace iptracking {
namespace {

double sum_of(std::span<const double> areas) {
    return std::accumulate(areas.begin(), areas.end(), 0.0);
}

/// How far the worst of them is from a square, if they share a row along a side.
double worst_ratio(std::span<const double> areas, double side) {
    const double sum = sum_of(areas), thickness = sum / side;
    double worst = 0;
    for (const double area : areas) {
        const double length = area / thickness;
        worst = std::max(worst, std::max(length / thickness, thickness / length));
    }
    return worst;
}

/// Lays a row along the shorter side of the box, and takes it off.
void lay_row(std::span<const double> areas, Box &box, std::vector<Box> &boxes) {
    const bool upright = box.width >= box.height; // the row stands at the left
    const double thickness = sum_of(areas) / (upright ? box.height : box.width);
    double at = upright ? box.y : box.x;
    for (const double area : areas) {
        const double length = area / thickness;
        boxes.push_back(upright ? Box{box.x, at, thickness, length} : Box{at, box.y, length, thickness});
        at += length;
    }
    if (upright) {
        box.x += thickness;
        box.width -= thickness;
    } else {
        box.y += thickness;
        box.height -= thickness;
    }
}

} // namespace

std::vector<Box> squarified(std::span<const double> sizes, Box box) {
    std::vector<double> areas(sizes.begin(), sizes.end());
    const double scale = box.width * box.height / sum_of(sizes);
    for (double &area : areas)
        area *= scale;
    std::vector<Box> boxes;
    for (std::span<const double> rest = areas; !rest.empty();) {
        const double side = std::min(box.width, box.height);
        std::size_t number = 1;
        double best = worst_ratio(rest.first(1), side);
        for (; number < rest.size(); ++number) {
            const double next = worst_ratio(rest.first(number + 1), side);
            if (next > best)
                break;
            best = next;
        }
        lay_row(rest.first(number), box, boxes);
        rest = rest.subspan(number);
    }
    return boxes;
}

} // namespace iptracking
