// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace iptracking {

/// When to look again for what is away: at once, after 0.2, 0.5, 1 and 2 s, since most outages are a restart;
/// then as log-pool.push-wait-seconds says.
class RetrySchedule {
public:
    explicit RetrySchedule(const PushWaitConfig &config) noexcept : config_(config), wait_(config.min) {}

    std::chrono::milliseconds next() noexcept {
        using std::chrono::milliseconds;
        static constexpr std::array quick{milliseconds{0}, milliseconds{200}, milliseconds{500}, milliseconds{1000},
                                          milliseconds{2000}};
        if (looks_ < quick.size())
            return quick[looks_++];
        const auto wait = wait_;
        if (++looks_ - quick.size() >= config_.grow_threshold) {
            looks_ = quick.size();
            wait_ = std::min(wait_ + config_.delta, config_.max);
        }
        return wait;
    }
    void reset() noexcept {
        looks_ = 0;
        wait_ = config_.min;
    }

private:
    PushWaitConfig config_;
    std::chrono::seconds wait_;
    std::size_t looks_ = 0;
};

} // namespace iptracking
