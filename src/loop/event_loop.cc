// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop/event_loop.h"

#include "base/error.h"

#include <csignal>
#include <sys/signalfd.h>
#include <utility>

namespace iptracking {

EventLoop::EventLoop() {
    check(sd_event_new(&event_), "cannot make an event loop");
}

EventLoop::~EventLoop() {
    sd_event_unref(event_);
}

void EventLoop::run() {
    const int result = sd_event_loop(event_);
    if (failure_)
        std::rethrow_exception(std::exchange(failure_, nullptr));
    check(result, "the event loop failed");
}

void EventLoop::exit() noexcept {
    sd_event_exit(event_, 0);
}

void EventLoop::on_signal(int number, std::function<void()> callback) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) < 0)
        throw_errno(errno, "cannot block a signal");
    signals_.push_back(std::make_unique<Signal>(Signal{this, std::move(callback)}));
    const auto dispatch = [](sd_event_source *, const signalfd_siginfo *, void *data) {
        auto &signal = *static_cast<Signal *>(data);
        return signal.loop->guard(signal.callback);
    };
    check(sd_event_add_signal(event_, nullptr, number, dispatch, signals_.back().get()), "cannot watch a signal");
}

void EventLoop::watch() {
    check(sd_event_set_watchdog(event_, 1), "cannot serve the watchdog");
}

} // namespace iptracking
