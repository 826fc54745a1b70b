// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/units.h"
#include "client/verb.h"

#include <map>

namespace iptracking {

/// How the recorder does; what could not be seen is said in its place.
struct Status {
    struct Unit {
        std::optional<UnitState> state;
        std::string said; ///< of itself
    };
    struct Database {
        std::string driver, target, trouble; ///< trouble: why it could not be asked
        std::optional<std::int64_t> events, newest_usec;
    };

    std::string units_trouble; ///< why systemd could not be asked
    Unit service, socket;
    std::string pipe;
    bool has_pipe = false;   ///< it is there
    bool is_stalled = false; ///< callbacks do not even try, since the last wait was in vain
    std::uint64_t refused = 0, lost = 0;
    std::map<std::string, std::uint64_t> counters; ///< of the daemon, by their names there; empty: it does not run
    std::optional<std::uint64_t> pool_bytes;       ///< in the pool's files; none: they cannot be seen
    Database database;

    /// The service takes events, and the database answers.
    bool is_well() const;
};

Status look_at_everything(const Called &called);

/// The counters in a file of the daemon for Prometheus, without "iptracking_" and "_total".
std::map<std::string, std::uint64_t> parse_counters(const std::string &text);

} // namespace iptracking
