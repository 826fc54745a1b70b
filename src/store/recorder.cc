// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/recorder.h"

#include "base/error.h"
#include "base/log.h"
#include "base/log_fields.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::chrono::seconds damage_report_interval{60};

} // namespace

Recorder::Recorder(EventLoop &loop, const Config &config, const std::string &state_directory, Segments &segments,
                   Stream &stream, Damage &damage, Callbacks callbacks)
    : segments_(segments), stream_(stream), damage_(damage), callbacks_(std::move(callbacks)),
      budget_(config.pool.records), schedule_(config.pool.push_wait),
      stored_(stream.hint().place().value_or(segments.begin())), read_(stored_),
      driver_(make_driver({loop, *this, state_directory, stream}, config.driver)), feeding_(loop, [this] { feed(); }),
      retry_(loop, [this] { start_driver(); }), finish_limit_(loop, [this] { finished(); }),
      damage_report_(loop, [this] { report_damage({}, nullptr, 0); }) {
    start_driver();
}

void Recorder::start_driver() {
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
    while (!settling && state_.ready && driver_->can_accept() && read_ < segments_.end()) {
        auto batch = spare_ ? std::move(spare_) : std::make_unique<Batch>();
        const std::size_t most = std::min(driver_->batch_limit(), limit_);
        const auto take = [&] { return budget_.take(); };
        const auto on_damage = [&](std::string_view text, const char *reason, std::size_t column) {
            // A batch that is read again must not count its damage again.
            const auto offset = static_cast<std::uint64_t>(text.data() - batch->bytes.data());
            const Place place = segments_.advance(read_, offset);
            if (place < damage_seen_)
                return;
            damage_seen_ = segments_.advance(read_, offset + 1);
            report_damage(text, reason, column);
        };
        if (!fill(*batch, segments_, read_, most, take, on_damage)) {
            spare_ = std::move(batch);
            break; // half a line, or no free record: on_stored() frees some
        }
        read_ = batch->to;
        stream_.raise_highest(read_);
        store(std::move(batch));
    }
    const bool starting = !state_.ready && state_.trouble.empty();
    if (done_ && open_.empty() && !starting)
        finished();
}

void Recorder::store(std::unique_ptr<Batch> batch) {
    const Batch &stored = *batch;
    open_.push_back(std::move(batch));
    driver_->store(stored);
}

void Recorder::on_ready(std::optional<Place> stored) {
    drop_open_batches();
    if (stored && *stored > stream_.highest()) {
        begin_new_stream();
        return;
    }
    stored_ = read_ = place_to_begin(stored);
    state_.ready = true;
    // A database that opens may still refuse to be written: that it works is known when something is stored.
    if (state_.trouble.empty() || waiting_bytes() == 0)
        say_that_it_works();
    advance_to(stored_);
    feed();
}

/// The pool was put back, or a power cut took its end: its next places would be taken for ones that are stored
/// already, so they need another name.  What was in it when we began is stored.
void Recorder::begin_new_stream() {
    log(Level::warning, driver_->target() + " has stored more than the pool held: a new stream begins",
        {{field::message_id, message::unknown_stream}, {field::target, driver_->target()}});
    stream_.begin_anew();
    start_driver();
}

/// Where the database goes on with our stream.
Place Recorder::place_to_begin(std::optional<Place> stored) const {
    const auto say = [&](Level level, const std::string &what) {
        log(level, driver_->target() + what,
            {{field::message_id, message::unknown_stream}, {field::target, driver_->target()}});
    };
    if (!stored && stream_.hint().place() > segments_.begin())
        say(Level::notice, " does not know the events that were stored before" +
                               (stream_.hint().target() == driver_->target() ? "" : " in " + stream_.hint().target()) +
                               "; it gets what follows");
    if (stored && stored->segment + 1 < segments_.begin().segment)
        say(Level::warning, " was put back: the pool no longer holds all that it lacks");
    return std::clamp(stored ? *stored : stream_.hint().place().value_or(segments_.begin()), segments_.begin(),
                      segments_.end());
}

void Recorder::on_stored() {
    std::unique_ptr<Batch> batch = std::move(open_.front());
    open_.pop_front();
    state_.stored += batch->events.size();
    budget_.give_back(batch->events.size());
    limit_ = limit_ > SIZE_MAX / 2 ? SIZE_MAX : limit_ * 2;
    if (log_enabled(Level::debug))
        log(Level::debug, "stored " + std::to_string(batch->events.size()) + " events",
            {{field::target, driver_->target()}, {field::stored, std::to_string(state_.stored)}});
    if (!state_.trouble.empty())
        say_that_it_works();
    advance_to(batch->to);
    spare_ = std::move(batch);
    feed();
}

void Recorder::say_that_it_works() {
    log(Level::info, "storing events in " + driver_->target(),
        {{field::message_id, message::database_ready},
         {field::target, driver_->target()},
         {field::waiting_bytes, std::to_string(waiting_bytes())}});
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
    if (failure == Failure::rejected && !open_.empty()) {
        find_rejected(reason);
        return;
    }
    drop_open_batches();
    read_ = stored_;
    state_.ready = false;
    const auto wait = schedule_.next();
    if (state_.trouble != reason)
        log(Level::warning, "keeping events: " + reason,
            {{field::message_id, message::database_away},
             {field::target, driver_->target()},
             {field::waiting_bytes, std::to_string(waiting_bytes())}});
    set_trouble(reason);
    retry_.start(wait);
    if (done_)
        finished();
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
        for (const Event &event : batch->events) {
            const std::string_view rest(batch->bytes.data() + event.line, batch->bytes.size() - event.line);
            report_damage(rest.substr(0, rest.find('\n')), why.c_str(), 1);
            ++state_.rejected;
        }
        batch->events.clear();
        read_ = batch->to;
        without_rejected_ = std::move(batch);
    }
    feeding_.schedule();
}

void Recorder::advance_to(Place place) {
    stored_ = place;
    stream_.hint().set(stored_, driver_->target());
    if (segments_.release_until(stored_))
        callbacks_.on_released();
    callbacks_.on_changed();
}

void Recorder::drop_open_batches() {
    for (auto &batch : open_)
        budget_.give_back(batch->events.size());
    open_.clear();
    without_rejected_.reset();
}

/// The first one at once, with its text; then the sum once a minute, so that a flood of garbage does not become a
/// flood in the journal.
void Recorder::report_damage(std::string_view text, const char *reason, std::size_t column) {
    if (reason) {
        damage_.add(text);
        if (damage_report_.running())
            return;
        log(Level::warning,
            "a line cannot be read, column " + std::to_string(column) + ": " + reason + ": '" + printable(text) + "'",
            {{field::message_id, message::line_damaged}, {field::lines, std::to_string(damage_.count())}});
    } else if (damage_.count() == damage_reported_) {
        return;
    } else {
        log(Level::warning,
            std::to_string(damage_.count() - damage_reported_) +
                " more lines could not be read; see 'damaged' in the state directory",
            {{field::message_id, message::line_damaged}, {field::lines, std::to_string(damage_.count())}});
    }
    damage_reported_ = damage_.count();
    damage_report_.start(damage_report_interval);
}

void Recorder::set_trouble(const std::string &trouble) {
    if (state_.trouble == trouble)
        return;
    state_.trouble = trouble;
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
