// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cerrno>
#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <systemd/sd-event.h>
#include <vector>

namespace iptracking {

/// One sd-event loop.  Everything of the daemon runs on it, in one thread.
class EventLoop {
public:
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop &) = delete;
    EventLoop &operator=(const EventLoop &) = delete;

    /// Runs until exit(); throws again what a callback threw.
    void run();
    void exit() noexcept;

    /// Calls back when the process gets the signal, which is blocked from now on.
    void on_signal(int number, std::function<void()> callback);

    /// Pings systemd's watchdog as long as the loop turns, if WATCHDOG_USEC asks for it.
    void watch();

    /// The border between C and C++: no exception flies through sd-event.  The first one ends the loop.
    template <std::invocable F> int guard(F &&callback) noexcept {
        try {
            callback();
            return 0;
        } catch (...) {
            if (!failure_)
                failure_ = std::current_exception();
            exit();
            return -ECANCELED;
        }
    }

    sd_event *get() const noexcept { return event_; }

private:
    struct Signal {
        EventLoop *loop;
        std::function<void()> callback;
    };

    sd_event *event_ = nullptr;
    std::vector<std::unique_ptr<Signal>> signals_;
    std::exception_ptr failure_;
};

} // namespace iptracking
