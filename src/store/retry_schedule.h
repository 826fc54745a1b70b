// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace iptracking {

/// When to look again for what is away: at once, after 0.2 and 0.5 s and then every second for half a minute, since
/// most outages are a restart; then as log-pool.push-wait-seconds says.
class RetrySchedule {
public:
    explicit RetrySchedule(const PushWaitConfig &config) noexcept : config_(config), wait_(config.min) {}

    std::chrono::milliseconds next() noexcept {
        using std::chrono::milliseconds;
        static constexpr std::array quick{milliseconds{0}, milliseconds{200}, milliseconds{500}};
        if (looks_ < quick.size())
            return quick[looks_++];
        if (looks_ < soon) {
            ++looks_;
            return milliseconds{1000};
        }
        const auto wait = wait_;
        if (++looks_ - soon >= config_.grow_threshold) {
            looks_ = soon;
            wait_ = std::min(wait_ + config_.delta, config_.max);
        }
        return wait;
    }
    void reset() noexcept {
        looks_ = 0;
        wait_ = config_.min;
    }

    static constexpr std::size_t soon = 33; ///< looks before the schedule of the configuration

private:
    PushWaitConfig config_;
    std::chrono::seconds wait_;
    std::size_t looks_ = 0;
};

} // namespace iptracking
