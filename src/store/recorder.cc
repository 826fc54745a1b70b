// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/recorder.h"

#include "base/error.h"
#include "base/log.h"
#include "base/log_fields.h"

#include <algorithm>
#include <random>

namespace iptracking {
namespace {

constexpr std::size_t most_left_out_in_a_row = 16;

/// Hosts that lost the same server look for it at different times.
std::chrono::milliseconds jittered(std::chrono::milliseconds wait) {
    static std::minstd_rand random{std::random_device{}()};
    const auto between = [](auto low, auto high) {
        return std::chrono::milliseconds(std::uniform_int_distribution(low.count(), high.count())(random));
    };
    using std::chrono::milliseconds;
    return wait.count() == 0 ? between(milliseconds(0), milliseconds(100)) : between(wait / 2, wait);
}

} // namespace

Recorder::Recorder(EventLoop &loop, const Config &config, const std::string &state_directory, Pool &pool,
                   RecorderCounts &counts, Callbacks callbacks)
    : pool_(pool), counts_(counts), callbacks_(std::move(callbacks)), budget_(config.pool.records),
      schedule_(config.pool.push_wait), read_(pool.backlog.stored()),
      driver_(
          make_driver({loop, *this, state_directory, pool.stream, config.pool.sync == PoolSync::batch}, config.driver)),
      feeding_(loop, [this] { feed(); }), retry_(loop, [this] { look_again(); }),
      finish_limit_(loop, [this] { finished(); }), damage_report_(loop, pool.damage) {
    driver_->start();
}

void Recorder::more() {
    feeding_.schedule();
}

void Recorder::feed() {
    try {
        feed_driver();
    } catch (const std::exception &) {
        // The pool cannot be read: as if the database were away, look again later.
        on_failed(Failure::offline, std::current_exception());
    }
}

void Recorder::feed_driver() {
    if (without_rejected_ && state_.ready && driver_->can_accept())
        store(std::move(without_rejected_));
    const bool settling = done_ && ending_ == Ending::settle;
    while (!settling && state_.ready && driver_->can_accept() && read_ < pool_.segments.end()) {
        auto batch = spare_ ? std::move(spare_) : std::make_unique<Batch>();
        const std::size_t most = std::min(driver_->batch_limit(), limit_);
        const auto take = [&] { return budget_.take(); };
        const auto on_damage = [&](std::string_view text, const char *reason, std::size_t column) {
            const auto offset = static_cast<std::uint64_t>(text.data() - batch->bytes.data());
            if (pool_.damage.add(pool_.segments.advance(read_, offset), text))
                damage_report_.tell(text, reason, column);
        };
        if (!fill(*batch, pool_.segments, read_, most, take, on_damage)) {
            spare_ = std::move(batch);
            if (open_.empty() && !state_.trouble.empty())
                say_that_it_works(); // there is nothing to store but half a line
            break;                   // or no free record: on_stored() frees some
        }
        read_ = batch->to;
        pool_.stream.raise_highest(read_);
        store(std::move(batch));
    }
    const bool starting = !state_.ready && state_.trouble.empty();
    if (done_ && ((open_.empty() && !starting) || !state_.trouble.empty()))
        finished(); // what a database in trouble has not stored is safe in the pool
}

void Recorder::store(std::unique_ptr<Batch> batch) {
    const Batch &stored = *batch;
    open_.push_back(std::move(batch));
    driver_->store(stored);
}

void Recorder::on_ready(std::optional<Place> stored) {
    const bool had_open = std::exchange(lost_open_, false) || !open_.empty();
    drop_open_batches();
    if (stored && *stored > pool_.stream.highest()) {
        begin_new_stream();
        return;
    }
    read_ = place_to_begin(stored);
    const std::uint64_t waited = pool_.backlog.lines();
    pool_.backlog.begin_at(read_);
    if (stored && had_open) // they were stored, and the answer was lost
        counts_.stored += waited - std::min(waited, pool_.backlog.lines());
    state_.ready = true;
    // A database that opens may still refuse to be written: that it works is known when something is stored.
    if (!said_that_it_works_ && (state_.trouble.empty() || pool_.backlog.bytes() == 0))
        say_that_it_works();
    confirmed();
    feed();
}

/// The pool was put back, or a power cut took its end: its next places would be taken for ones that are stored
/// already, so they need another name.  What was in it when we began is stored.
void Recorder::begin_new_stream() {
    log(Level::warning, driver_->target() + " has stored more than the pool held: a new stream begins",
        {{field::message_id, message::unknown_stream}, {field::target, driver_->target()}});
    pool_.stream.begin_anew();
    driver_->start();
}

void Recorder::on_stream_taken() {
    log(Level::warning,
        driver_->target() + " has events of another host under the name of our stream: is this host a clone? "
                            "A new stream begins",
        {{field::message_id, message::unknown_stream}, {field::target, driver_->target()}});
    drop_open_batches();
    state_.ready = false;
    pool_.stream.begin_behind_hint();
    start_soon();
}

void Recorder::look_again() {
    looks_again_ = true;
    driver_->start();
}

/// By the schedule, since a database that says so may say it again.
void Recorder::start_soon() {
    retry_.start(jittered(schedule_.next()));
}

/// Where the database goes on with our stream.
Place Recorder::place_to_begin(std::optional<Place> stored) const {
    const auto say = [&](Level level, const std::string &what) {
        log(level, driver_->target() + what,
            {{field::message_id, message::unknown_stream}, {field::target, driver_->target()}});
    };
    const StoredHint &hint = pool_.stream.hint();
    const Place begin = pool_.segments.begin();
    if (!stored && hint.place() > begin)
        say(Level::notice, " does not know the events that were stored before" +
                               (hint.target() == driver_->target() ? "" : " in " + hint.target()) +
                               "; it gets what follows");
    if (stored && *stored < begin && hint.place() > *stored)
        say(Level::warning, " was put back: the pool no longer holds all that it lacks");
    return std::clamp(stored ? *stored : hint.place().value_or(begin), begin, pool_.segments.end());
}

void Recorder::on_stored() {
    std::unique_ptr<Batch> batch = std::move(open_.front());
    open_.pop_front();
    counts_.stored += batch->events.size();
    for (const Event &event : batch->events)
        if (event.kind != EventKind::sample) // which come by themselves
            counts_.newest_usec = std::max(counts_.newest_usec, event.time_usec);
    budget_.give_back(batch->events.size());
    limit_ = limit_ > SIZE_MAX / 2 ? SIZE_MAX : limit_ * 2;
    if (log_enabled(Level::debug))
        log(Level::debug, "stored " + std::to_string(batch->events.size()) + " events",
            {{field::target, driver_->target()}, {field::stored, std::to_string(counts_.stored)}});
    if (rejected_) {
        pool_.damage.copy(rejected_->line);
        damage_report_.tell_skipped(rejected_->line, rejected_->why);
        ++counts_.skipped;
        ++left_out_in_a_row_;
        rejected_.reset();
    } else {
        left_out_in_a_row_ = 0;
    }
    if (!state_.trouble.empty() && left_out_in_a_row_ == 0)
        say_that_it_works();
    pool_.backlog.advance(batch->to, batch->lines);
    confirmed();
    spare_ = std::move(batch);
    feed();
}

void Recorder::say_that_it_works() {
    log(Level::info, "storing events in " + driver_->target(),
        {{field::message_id, message::database_ready},
         {field::target, driver_->target()},
         {field::waiting_bytes, std::to_string(pool_.backlog.bytes())}});
    said_that_it_works_ = true;
    schedule_.reset();
    set_trouble("");
}

void Recorder::on_blocked(const std::string &why) {
    if (state_.trouble != why)
        log(Level::warning, "keeping events: " + why,
            {{field::message_id, message::database_locked}, {field::target, driver_->target()}});
    set_trouble(why);
    if (done_)
        finished(); // they are safe in the pool
}

void Recorder::on_failed(Failure failure, std::exception_ptr why) {
    const std::string reason = describe(why);
    // One without events is refused for another reason than its data.
    if (failure == Failure::rejected && !open_.empty() && !open_.front()->events.empty() && may_leave_out()) {
        find_rejected(reason);
        return;
    }
    lost_open_ = lost_open_ || !open_.empty();
    drop_open_batches();
    read_ = pool_.backlog.stored();
    state_.ready = false;
    if (state_.trouble != reason)
        log(Level::warning, "keeping events: " + reason,
            {{field::message_id, message::database_away},
             {field::target, driver_->target()},
             {field::waiting_bytes, std::to_string(pool_.backlog.bytes())}});
    set_trouble(reason);
    start_soon();
    if (done_)
        finished();
}

/// Where one event after the other is refused it is the database that is wrong, a column that somebody has added say:
/// then it is one at each look, so that most are there when it is mended, and others do get past.
bool Recorder::may_leave_out() {
    return open_.front()->events.size() > 1 || left_out_in_a_row_ < most_left_out_in_a_row ||
           std::exchange(looks_again_, false);
}

/// Halves the batch until the bad record stands alone; then stores the batch without it, so that the place behind it
/// is confirmed.
void Recorder::find_rejected(const std::string &why) {
    std::unique_ptr<Batch> batch = std::move(open_.front());
    open_.pop_front();
    budget_.give_back(batch->events.size());
    drop_open_batches();
    if (batch->events.size() > 1) {
        limit_ = batch->events.size() / 2;
        read_ = batch->from;
    } else {
        const std::size_t begin = batch->events.front().line;
        const std::string_view rest(batch->bytes.data() + begin, batch->bytes.size() - begin);
        rejected_ = {std::string(rest.substr(0, rest.find('\n'))), why};
        batch->events.clear();
        read_ = batch->to;
        without_rejected_ = std::move(batch);
    }
    feeding_.schedule();
}

/// The place that the backlog now begins at.
void Recorder::confirmed() {
    pool_.stream.hint().set(pool_.backlog.stored(), driver_->target());
    if (pool_.segments.release_until(pool_.backlog.stored()))
        callbacks_.on_released();
    callbacks_.on_changed();
}

void Recorder::drop_open_batches() {
    for (auto &batch : open_)
        budget_.give_back(batch->events.size());
    open_.clear();
    without_rejected_.reset();
    rejected_.reset();
}

void Recorder::set_trouble(const std::string &trouble) {
    if (state_.trouble == trouble)
        return;
    state_.trouble = trouble;
    said_that_it_works_ = trouble.empty();
    callbacks_.on_changed();
}

void Recorder::finish_then(Ending ending, std::function<void()> done, std::chrono::milliseconds at_most) {
    ending_ = ending;
    done_ = std::move(done);
    finish_limit_.start(at_most);
    feeding_.schedule();
}

void Recorder::finished() {
    finish_limit_.stop();
    if (const auto done = std::exchange(done_, nullptr))
        done();
}

} // namespace iptracking
