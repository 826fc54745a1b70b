// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "config/config.h"
#include "loop/sources.h"
#include "pool/segments.h"

#include <chrono>
#include <functional>
#include <string>

namespace iptracking {

/// FIFO to segments, and nothing else.  One splice per wake-up, fair to the other sources.  Pauses itself where
/// the pool is full; then the pipe fills, and the callbacks give up politely.
class FifoSource {
public:
    struct Callbacks {
        std::function<void()> on_taken;
        std::function<void()> on_changed; ///< full() changed
    };
    FifoSource(EventLoop &loop, UniqueFd fifo, Segments &segments, Callbacks callbacks);

    void configure(PoolSync sync, std::chrono::seconds look_again);
    /// There may be room again.
    void resume();
    /// All that is in the pipe now, before the end.
    void drain();

    /// Why nothing is taken; empty: it is.
    const std::string &full() const noexcept { return full_; }

private:
    void take();
    void pause(const std::string &why);
    void sync();
    void sync_segments();

    Segments &segments_;
    UniqueFd fifo_;
    Callbacks callbacks_;
    IoSource source_;
    Timer look_again_;
    Timer sync_;
    PoolSync sync_mode_ = PoolSync::no;
    std::chrono::seconds look_again_after_{5};
    std::chrono::steady_clock::time_point no_sync_before_{};
    std::string full_;
    std::string sync_trouble_;
};

} // namespace iptracking
