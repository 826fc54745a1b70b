// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "loop/event_loop.h"

#include <chrono>
#include <cstdint>
#include <functional>

namespace iptracking {

/// Each source is a member of its owner: when the owner goes, it leaves the loop, and no callback comes after.

/// A watched descriptor, which it does not own.
class IoSource {
public:
    using Callback = std::function<void(std::uint32_t events)>;
    IoSource(EventLoop &loop, Callback callback) : loop_(loop), callback_(std::move(callback)) {}
    ~IoSource() { close(); }
    IoSource(const IoSource &) = delete;
    IoSource &operator=(const IoSource &) = delete;

    /// `events` as for epoll_ctl(2), level-triggered.
    void open(int fd, std::uint32_t events);
    /// From now on for these events.
    void want(std::uint32_t events);
    void enable(bool on);
    void close() noexcept;

private:
    static int dispatch(sd_event_source *, int, std::uint32_t events, void *self);

    EventLoop &loop_;
    Callback callback_;
    sd_event_source *source_ = nullptr;
};

/// Calls back once, after a time.
class Timer {
public:
    Timer(EventLoop &loop, std::function<void()> callback) : loop_(loop), callback_(std::move(callback)) {}
    ~Timer();
    Timer(const Timer &) = delete;
    Timer &operator=(const Timer &) = delete;

    /// Anew, if it is running.
    void start(std::chrono::nanoseconds after);
    void stop() noexcept;
    bool running() const noexcept { return running_; }

private:
    static int dispatch(sd_event_source *, std::uint64_t, void *self);

    EventLoop &loop_;
    std::function<void()> callback_;
    sd_event_source *source_ = nullptr;
    bool running_ = false;
};

/// Calls back once, from the loop, as soon as it is its turn.  Fair to the other sources, also if each call schedules
/// the next one: a source of sd_event_add_defer(3) would then be served before any descriptor or signal.
class Deferred {
public:
    Deferred(EventLoop &loop, std::function<void()> callback);
    ~Deferred();
    Deferred(const Deferred &) = delete;
    Deferred &operator=(const Deferred &) = delete;

    void schedule();
    void cancel() noexcept;

private:
    static int dispatch(sd_event_source *, int, std::uint32_t, void *self);

    EventLoop &loop_;
    std::function<void()> callback_;
    UniqueFd scheduled_; ///< eventfd(2)
    sd_event_source *source_ = nullptr;
};

} // namespace iptracking
