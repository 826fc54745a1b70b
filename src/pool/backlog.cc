// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/backlog.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::uint64_t most_counted = 64 * 1024 * 1024;
constexpr std::uint64_t usual_line = 128;

} // namespace

void Backlog::begin_at(Place stored) {
    if (stored == stored_)
        return;
    stored_ = stored;
    count();
}

void Backlog::advance(Place stored, std::uint64_t lines) {
    stored_ = stored;
    lines_before_ += static_cast<std::int64_t>(lines);
    if (estimated_ && bytes() <= most_counted)
        count();
}

std::uint64_t Backlog::lines() const noexcept {
    const auto taken = static_cast<std::int64_t>(segments_.lines_taken());
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, taken - lines_before_));
}

void Backlog::count() {
    const std::uint64_t all = bytes();
    const Segments::Lines counted = segments_.count_lines(stored_, most_counted);
    estimated_ = counted.bytes < all;
    std::uint64_t lines = counted.lines;
    if (estimated_ && counted.bytes > 0)
        lines = static_cast<std::uint64_t>(static_cast<double>(lines) * static_cast<double>(all) /
                                           static_cast<double>(counted.bytes));
    else if (estimated_)
        lines = all / usual_line + 1;
    lines_before_ = static_cast<std::int64_t>(segments_.lines_taken()) - static_cast<std::int64_t>(lines);
}

} // namespace iptracking
