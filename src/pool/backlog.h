// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "pool/segments.h"

#include <cstdint>

namespace iptracking {

/// What was taken, and no database has confirmed yet.
class Backlog {
public:
    Backlog(const Segments &segments, Place stored) : segments_(segments) { begin_at(stored); }

    /// What follows `stored` waits; reads it all to count its lines, unless it is known.
    void begin_at(Place stored) {
        if (stored == stored_)
            return;
        stored_ = stored;
        lines_stored_ = segments_.lines_taken() - segments_.lines_after(stored);
    }
    /// So many lines more are confirmed, up to `stored`.
    void advance(Place stored, std::uint64_t lines) noexcept {
        stored_ = stored;
        lines_stored_ += lines;
    }

    Place stored() const noexcept { return stored_; }
    std::uint64_t bytes() const { return segments_.size_after(stored_); }
    std::uint64_t lines() const noexcept { return segments_.lines_taken() - lines_stored_; }

private:
    const Segments &segments_;
    Place stored_;
    /// On the scale of lines_taken(), which begins with what an earlier process left: wraps below zero.
    std::uint64_t lines_stored_ = 0;
};

} // namespace iptracking
