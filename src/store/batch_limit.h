// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace iptracking {

/// How many events a batch should have, so that one commit does not block the loop for long: follows the time that
/// commits take.  Never so few that a disk whose every sync is slow could not keep up with its logins.
class BatchLimit {
public:
    std::size_t events() const noexcept { return events_; }

    void took(std::chrono::steady_clock::duration time) noexcept {
        using namespace std::chrono_literals;
        if (time > 1s) // of the 60 s that the watchdog gives
            events_ = std::max(events_ / 2, smallest);
        else if (time < 100ms)
            events_ = std::min(events_ * 2, largest);
    }

    static constexpr std::size_t smallest = 1024, largest = 16384;

private:
    std::size_t events_ = 4096;
};

} // namespace iptracking
