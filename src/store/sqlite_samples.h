// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/sqlite.h"
#include "event/event.h"

#include <cstdint>
#include <string_view>

namespace iptracking {

/// To the parameters from `index` on.
void bind_counters(sqlite::Statement &statement, int index, const CounterValues &counters);

/// The counters of a connection that is open; without a source port: all connections of the port were sampled.
struct Sample {
    std::string_view host, source, destination, date; ///< as they are stored; empty: not known
    std::int64_t source_port = 0, destination_port = 0;
    CounterValues counters;
};

/// Stores samples, in the transaction of who calls.
class SqliteSamples {
public:
    explicit SqliteSamples(sqlite::Database &database);
    /// To the session of the connection, if one is known that is open.
    void store(const Sample &sample);

private:
    sqlite::Statement sample_, sampled_;
};

} // namespace iptracking
