// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop/sources.h"

#include "base/error.h"

#include <cerrno>
#include <ctime>
#include <sys/epoll.h>
#include <sys/eventfd.h>

namespace iptracking {
namespace {

/// How much later a timer may come, so that wake-ups can fall together.  (sd-event's default is 250 ms.)
constexpr std::uint64_t timer_accuracy_usec = 1000;

} // namespace

void IoSource::open(int fd, std::uint32_t events) {
    close(); // first the old source: epoll knows a descriptor only once (EEXIST)
    check(sd_event_add_io(loop_.get(), &source_, fd, events, dispatch, this), "cannot watch a descriptor");
}

void IoSource::want(std::uint32_t events) {
    check(sd_event_source_set_io_events(source_, events), "cannot change what a source waits for");
}

void IoSource::enable(bool on) {
    check(sd_event_source_set_enabled(source_, on ? SD_EVENT_ON : SD_EVENT_OFF), "cannot switch a source");
}

void IoSource::close() noexcept {
    source_ = sd_event_source_disable_unref(source_);
}

int IoSource::dispatch(sd_event_source *, int, std::uint32_t events, void *self) {
    auto &source = *static_cast<IoSource *>(self);
    return source.loop_.guard([&] { source.callback_(events); });
}

Timer::~Timer() {
    sd_event_source_disable_unref(source_);
}

void Timer::start(std::chrono::nanoseconds after) {
    const auto usec = static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::microseconds>(after).count());
    if (!source_)
        check(sd_event_add_time_relative(loop_.get(), &source_, CLOCK_MONOTONIC, usec, timer_accuracy_usec, dispatch,
                                         this),
              "cannot make a timer");
    else
        check(sd_event_source_set_time_relative(source_, usec), "cannot set a timer");
    check(sd_event_source_set_enabled(source_, SD_EVENT_ONESHOT), "cannot start a timer");
    running_ = true;
}

void Timer::stop() noexcept {
    if (source_)
        sd_event_source_set_enabled(source_, SD_EVENT_OFF);
    running_ = false;
}

int Timer::dispatch(sd_event_source *, std::uint64_t, void *self) {
    auto &timer = *static_cast<Timer *>(self);
    timer.running_ = false;
    return timer.loop_.guard(timer.callback_);
}

Deferred::Deferred(EventLoop &loop, std::function<void()> callback)
    : loop_(loop), callback_(std::move(callback)), scheduled_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (!scheduled_)
        throw_errno(errno, "cannot make an eventfd");
    check(sd_event_add_io(loop_.get(), &source_, scheduled_.get(), EPOLLIN, dispatch, this),
          "cannot make a deferred call");
}

Deferred::~Deferred() {
    sd_event_source_disable_unref(source_);
}

void Deferred::schedule() {
    if (::eventfd_write(scheduled_.get(), 1) < 0)
        throw_errno(errno, "cannot schedule a call");
}

void Deferred::cancel() noexcept {
    eventfd_t count = 0;
    ::eventfd_read(scheduled_.get(), &count);
}

int Deferred::dispatch(sd_event_source *, int, std::uint32_t, void *self) {
    auto &deferred = *static_cast<Deferred *>(self);
    eventfd_t count = 0;
    if (::eventfd_read(deferred.scheduled_.get(), &count) < 0)
        return 0; // cancelled meanwhile
    return deferred.loop_.guard(deferred.callback_);
}

} // namespace iptracking
