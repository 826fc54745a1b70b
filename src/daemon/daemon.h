// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "daemon/counters.h"
#include "daemon/options.h"
#include "daemon/prometheus.h"
#include "daemon/state_lock.h"
#include "intake/fifo_source.h"
#include "loop/event_loop.h"
#include "loop/service_manager.h"
#include "pool/pool.h"
#include "store/recorder.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iptracking {

/// Owns the parts and wires them.  READY is told as soon as the pipe is taken: what has to do with taking events
/// works without a valid configuration and without a database.
class Daemon {
public:
    /// Throws a ConfigError if the configuration is bad, but not where systemd passed the pipe: then it takes
    /// events all the same, says what is wrong, and waits for a reload.
    Daemon(const Options &options, std::vector<PassedFd> passed);
    void run();

private:
    UniqueFd take_fifo(std::vector<PassedFd> passed);
    void configure_if_possible();
    void apply(Config config);
    void reload();
    void stop();
    void taken();
    void changed();
    void tell_status();
    void log_counters(const char *what, const char *message_id) const;
    Counters counters() const;
    std::string status(const Counters &counters) const;

    Options options_;
    EventLoop loop_;
    std::string state_directory_;
    std::optional<Config> config_;      ///< none: it is bad
    std::optional<Config> next_config_; ///< waits for the batch in flight
    std::string config_trouble_;
    StateLock lock_;
    UniqueFd fifo_;
    Pool pool_;
    RecorderCounts counts_;
    PrometheusFile prometheus_;
    std::unique_ptr<Recorder> recorder_;
    FifoSource source_;
    Deferred applying_;
    Timer status_timer_;
    Timer counters_timer_;
    std::string told_full_;
    bool stopping_ = false;
};

} // namespace iptracking
