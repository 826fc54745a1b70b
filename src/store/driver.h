// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "loop/event_loop.h"
#include "pool/batch.h"
#include "pool/stream.h"

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace iptracking {

/// What a driver tells.  It calls from the loop, never from within one of its own functions.
class DriverHandler {
public:
    /// The database can be written; `stored`: the place that it has of our stream; none: it does not know it.
    virtual void on_ready(std::optional<Place> stored) = 0;
    /// The oldest open batch is durable, together with its `to`.
    virtual void on_stored() = 0;
    /// Somebody else stores under the id of our stream, a clone of this host: it needs another one, and start() again.
    virtual void on_stream_taken() = 0;
    /// The open batches wait, for a lock say; the driver looks again itself.
    virtual void on_blocked(const std::string &why) = 0;

    enum class Failure {
        offline,  ///< the database is away; call start() later
        rejected, ///< the oldest open batch has a record that the database will never take
    };
    /// All open batches are void.
    virtual void on_failed(Failure failure, std::exception_ptr why) = 0;

protected:
    ~DriverHandler() = default;
};

/// Stores batches, each exactly once: its rows and the place behind them are one transaction.
class Driver {
public:
    virtual ~Driver() = default;

    /// Opens or connects; on_ready() or on_failed() follows.  Also again, after on_failed().
    virtual void start() = 0;
    /// Whether store() may be called: it is ready, and not too much is in flight.
    virtual bool can_accept() const noexcept = 0;
    /// How many events a batch should have at most: this bounds how long one commit may block the loop.
    virtual std::size_t batch_limit() const noexcept = 0;
    /// The batch stays valid until on_stored() or on_failed() for it.
    virtual void store(const Batch &batch) = 0;
    /// The target in words, for messages and for the hint: "sqlite3 /var/lib/…".
    virtual const std::string &target() const noexcept = 0;
};

/// Where a driver runs.
struct DriverContext {
    EventLoop &loop;
    DriverHandler &handler;
    std::string state_directory;
    const Stream &stream; ///< its id may change between on_failed() or on_ready() and start()
    bool sync = false;    ///< log-pool.sync: batch
};

/// Throws an Error for a driver that is not in this build.
std::unique_ptr<Driver> make_driver(const DriverContext &context, const DriverConfig &config);

/// Whether a thread of a driver that is gone still runs: main() must not run the destructors of its libraries then.
bool a_driver_thread_runs() noexcept;

} // namespace iptracking
