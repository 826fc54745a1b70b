// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>

namespace iptracking {

/// A place in the stream of taken bytes: a segment, numbered from 1, and an offset in it.
struct Place {
    std::uint64_t segment = 0, offset = 0;
    auto operator<=>(const Place &) const = default;
};

} // namespace iptracking
