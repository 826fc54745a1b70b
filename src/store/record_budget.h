// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"

#include <algorithm>
#include <cstddef>

namespace iptracking {

/// How many records may be in memory: begins with `min`, grows by `delta` when all are in use, up to `max`.
class RecordBudget {
public:
    explicit RecordBudget(const RecordsConfig &config) noexcept : config_(config), allowed_(config.min) {}

    /// False: all are in use.
    bool take() noexcept {
        if (used_ == allowed_ && !grow())
            return false;
        ++used_;
        return true;
    }
    void give_back(std::size_t count) noexcept {
        used_ -= count;
        if (used_ == 0)
            allowed_ = config_.min;
    }

    std::size_t allowed() const noexcept { return allowed_; }
    std::size_t used() const noexcept { return used_; }

private:
    bool grow() noexcept {
        const std::size_t most = config_.max == 0 ? SIZE_MAX : config_.max;
        if (allowed_ >= most)
            return false;
        allowed_ = std::min(allowed_ + config_.delta, most);
        return true;
    }

    RecordsConfig config_;
    std::size_t allowed_;
    std::size_t used_ = 0;
};

} // namespace iptracking
