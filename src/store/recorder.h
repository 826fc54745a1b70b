// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loop/sources.h"
#include "pool/pool.h"
#include "store/damage_report.h"
#include "store/driver.h"
#include "store/record_budget.h"
#include "store/retry_schedule.h"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace iptracking {

/// What became of events since the start; outlives the recorders that a reload replaces.
struct RecorderCounts {
    std::uint64_t stored = 0;
    std::uint64_t skipped = 0;    ///< the database will never take them: left out
    std::int64_t newest_usec = 0; ///< the latest time of a stored one, CLOCK_REALTIME; 0: there is none
};

/// What the recorder is doing, for `systemctl status`.
struct RecorderState {
    bool ready = false;
    std::string trouble; ///< why the database cannot be written; empty: it can
};

/// Segments in, batches out: the heart of the daemon, and the only place that knows both sides.
class Recorder final : DriverHandler {
public:
    /// What the daemon wants to know.
    struct Callbacks {
        std::function<void()> on_released; ///< there is room in the pool again
        std::function<void()> on_changed;  ///< state() changed
    };
    Recorder(EventLoop &loop, const Config &config, const std::string &state_directory, Pool &pool,
             RecorderCounts &counts, Callbacks callbacks);

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

private:
    void on_ready(std::optional<Place> stored) override;
    void on_stream_taken() override;
    void on_stored() override;
    void on_blocked(const std::string &why) override;
    void on_failed(Failure failure, std::exception_ptr why) override;

    void feed();
    void feed_driver();
    void begin_new_stream();
    Place place_to_begin(std::optional<Place> stored) const;
    void start_soon();
    void look_again();
    bool may_leave_out();
    void find_rejected(const std::string &why);
    void store(std::unique_ptr<Batch> batch);
    void say_that_it_works();
    void confirmed();
    void drop_open_batches();
    void set_trouble(const std::string &trouble);
    void finished();

    Pool &pool_;
    RecorderCounts &counts_;
    Callbacks callbacks_;
    RecordBudget budget_;
    RetrySchedule schedule_;
    RecorderState state_;
    Place read_;                              ///< behind the last open batch
    std::size_t limit_ = SIZE_MAX;            ///< halved until a bad record stands alone
    std::deque<std::unique_ptr<Batch>> open_; ///< the oldest first
    bool lost_open_ = false;                  ///< some were open when the database was lost
    std::unique_ptr<Batch> spare_;
    std::unique_ptr<Batch> without_rejected_; ///< to be stored next: it moves the place behind a bad record
    struct Rejected {
        std::string line, why;
    };
    std::optional<Rejected> rejected_; ///< the bad record: it is left out once the place behind it is stored
    std::size_t left_out_in_a_row_ = 0;
    bool looks_again_ = false; ///< and has not left out an event since
    bool said_that_it_works_ = false;
    std::function<void()> done_; ///< set: finish_then() was called
    Ending ending_ = Ending::flush;
    std::unique_ptr<Driver> driver_;
    Deferred feeding_;
    Timer retry_;
    Timer finish_limit_;
    DamageReport damage_report_;
};

} // namespace iptracking
