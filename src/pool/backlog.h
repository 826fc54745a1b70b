// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "pool/segments.h"

#include <cstdint>

namespace iptracking {

/// What was taken, and no database has confirmed yet.
class Backlog {
public:
    Backlog(const Segments &segments, Place stored) : segments_(segments) { begin_at(stored); }

    /// What follows `stored` waits.
    void begin_at(Place stored);
    /// So many lines more are confirmed, up to `stored`.
    void advance(Place stored, std::uint64_t lines);

    Place stored() const noexcept { return stored_; }
    std::uint64_t bytes() const { return segments_.size_after(stored_); }
    /// An estimate as long as an earlier process left more than 64 MiB (counting them all would take its time), or the
    /// pool cannot be read.
    std::uint64_t lines() const noexcept;

private:
    void count();

    const Segments &segments_;
    Place stored_;
    /// How many were taken when those that wait began to be: on the scale of lines_taken(), so less than 0 for what an
    /// earlier process left.
    std::int64_t lines_before_ = 0;
    bool estimated_ = false;
};

} // namespace iptracking
