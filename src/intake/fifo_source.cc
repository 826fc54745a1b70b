// SPDX-License-Identifier: GPL-2.0-or-later
#include "intake/fifo_source.h"

#include "base/error.h"
#include "base/log.h"
#include "base/log_fields.h"

#include <sys/epoll.h>

namespace iptracking {
namespace {

using Clock = std::chrono::steady_clock;

/// After a sync the next one may begin when so many times its duration has passed: a slow disk must not take the
/// whole loop.
constexpr int rest_after_sync = 4;

} // namespace

FifoSource::FifoSource(EventLoop &loop, UniqueFd fifo, Segments &segments, Callbacks callbacks)
    : segments_(segments), fifo_(std::move(fifo)), callbacks_(std::move(callbacks)),
      source_(loop, [this](std::uint32_t) { take(); }), look_again_(loop, [this] { resume(); }),
      sync_(loop, [this] { sync(); }) {
    source_.open(fifo_.get(), EPOLLIN);
}

void FifoSource::configure(PoolSync sync, std::chrono::seconds look_again) {
    sync_mode_ = sync;
    look_again_after_ = look_again;
    resume();
}

void FifoSource::take() {
    switch (segments_.take_from(fifo_.get())) {
    case Segments::Taken::some:
        if (sync_mode_ == PoolSync::batch)
            sync();
        callbacks_.on_taken();
        break;
    case Segments::Taken::nothing:
        break;
    case Segments::Taken::limit:
        pause("the pool holds all that log-pool.max-bytes allows, " + std::to_string(segments_.max_bytes()) + " bytes");
        break;
    case Segments::Taken::failed:
        pause(segments_.failure());
        break;
    }
}

void FifoSource::pause(const std::string &why) {
    source_.enable(false);
    look_again_.start(look_again_after_);
    full_ = why;
    callbacks_.on_changed();
}

void FifoSource::resume() {
    if (full_.empty())
        return;
    full_.clear();
    look_again_.stop();
    source_.enable(true);
    callbacks_.on_changed();
}

void FifoSource::drain() {
    // Twice the pipe at its largest; a writer without a pause must not keep us.
    auto taken = Segments::Taken::some;
    for (int i = 0; i < 2 * 256 && taken == Segments::Taken::some; ++i)
        taken = segments_.take_from(fifo_.get());
    if (taken == Segments::Taken::failed || taken == Segments::Taken::limit)
        log(Level::warning,
            "what is in the pipe stays there: " +
                (taken == Segments::Taken::failed ? segments_.failure() : "the pool is full"),
            {{field::message_id, message::pool_full}});
    if (sync_mode_ == PoolSync::batch)
        sync_segments();
    source_.enable(false);
    callbacks_.on_taken();
}

void FifoSource::sync() {
    const auto begin = Clock::now();
    if (begin < no_sync_before_) {
        if (!sync_.running())
            sync_.start(no_sync_before_ - begin);
        return;
    }
    sync_segments();
    const auto end = Clock::now();
    no_sync_before_ = end + (end - begin) * rest_after_sync;
}

/// A disk that cannot sync may still store: events are taken all the same.
void FifoSource::sync_segments() {
    try {
        segments_.sync();
        sync_trouble_.clear();
    } catch (const SystemError &error) {
        if (sync_trouble_ != error.what())
            log(Level::error, std::string("events may not survive a power cut: ") + error.what(),
                {{field::message_id, message::pool_not_synced}});
        sync_trouble_ = error.what();
    }
}

} // namespace iptracking
