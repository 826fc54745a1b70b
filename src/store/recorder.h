// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loop/sources.h"
#include "pool/damage.h"
#include "pool/segments.h"
#include "pool/stream.h"
#include "store/driver.h"
#include "store/record_budget.h"
#include "store/retry_schedule.h"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace iptracking {

/// What the recorder is doing, for `systemctl status`.
struct RecorderState {
    bool ready = false;
    std::string trouble;        ///< why the database cannot be written; empty: it can
    std::uint64_t stored = 0;   ///< events since the start
    std::uint64_t rejected = 0; ///< events that the database will never take
};

/// Segments in, batches out: the heart of the daemon, and the only place that knows both sides.
class Recorder final : DriverHandler {
public:
    /// What the daemon wants to know.
    struct Callbacks {
        std::function<void()> on_released; ///< there is room in the pool again
        std::function<void()> on_changed;  ///< state() changed
    };
    Recorder(EventLoop &loop, const Config &config, const std::string &state_directory, Segments &segments,
             Stream &stream, Damage &damage, Callbacks callbacks);

    /// The intake took something.
    void more();
    enum class Ending {
        flush,  ///< store all that was taken
        settle, ///< only wait for what the driver has in hand
    };
    /// Calls `done` when that is reached, when it cannot be because the database is away, or after `at_most`.
    /// `done` must not destroy the recorder.
    void finish_then(Ending ending, std::function<void()> done, std::chrono::milliseconds at_most);

    const RecorderState &state() const noexcept { return state_; }
    const std::string &target() const noexcept { return driver_->target(); }
    std::uint64_t waiting_bytes() const { return segments_.size_after(stored_); }

private:
    void on_ready(std::optional<Place> stored) override;
    void on_stored() override;
    void on_blocked(const std::string &why) override;
    void on_failed(Failure failure, std::exception_ptr why) override;

    void start_driver();
    void feed();
    void feed_driver();
    void begin_new_stream();
    Place place_to_begin(std::optional<Place> stored) const;
    void find_rejected(const std::string &why);
    void store(std::unique_ptr<Batch> batch);
    void say_that_it_works();
    void advance_to(Place place);
    void drop_open_batches();
    void report_damage(std::string_view text, const char *reason, std::size_t column);
    void set_trouble(const std::string &trouble);
    void finished();

    Segments &segments_;
    Stream &stream_;
    Damage &damage_;
    Callbacks callbacks_;
    RecordBudget budget_;
    RetrySchedule schedule_;
    RecorderState state_;
    Place stored_;                            ///< confirmed by the database
    Place read_;                              ///< behind the last open batch
    Place damage_seen_;                       ///< damage before it was reported
    std::size_t limit_ = SIZE_MAX;            ///< halved until a bad record stands alone
    std::deque<std::unique_ptr<Batch>> open_; ///< the oldest first
    std::unique_ptr<Batch> spare_;
    std::unique_ptr<Batch> without_rejected_; ///< to be stored next: it moves the place behind a bad record
    std::uint64_t damage_reported_ = 0;
    std::function<void()> done_; ///< set: finish_then() was called
    Ending ending_ = Ending::flush;
    std::unique_ptr<Driver> driver_;
    Deferred feeding_;
    Timer retry_;
    Timer finish_limit_;
    Timer damage_report_;
};

} // namespace iptracking
