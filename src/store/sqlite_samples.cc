// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_samples.h"

namespace iptracking {
namespace {

constexpr char sample_sql[] =
    "INSERT OR IGNORE INTO sample (open_id, log_date, rx_bytes, tx_bytes, rx_packets, tx_packets) "
    "SELECT id, ?6, ?7, ?8, ?9, ?10 FROM (SELECT id FROM inet_log WHERE log_event = 2 AND src_port = ?2 "
    "AND src_ipaddr = ?1 AND dst_port = ?4 AND dst_ipaddr = ?3 AND host = ?5 AND log_date <= ?6 "
    "ORDER BY log_date DESC, id DESC LIMIT 1) "
    "WHERE NOT EXISTS (SELECT 1 FROM session WHERE open_id = id AND close_id IS NOT NULL)";

// (What a wrong clock said gives way, too.)
constexpr char sampled_sql[] = "INSERT INTO sampled (host, dst_port, log_date) VALUES (?1, ?2, ?3) "
                               "ON CONFLICT DO UPDATE SET log_date = excluded.log_date";

} // namespace

void bind_counters(sqlite::Statement &statement, int index, const CounterValues &counters) {
    for (const auto &counter : counters) {
        counter ? statement.bind(index, *counter) : statement.bind_null(index);
        ++index;
    }
}

SqliteSamples::SqliteSamples(sqlite::Database &database)
    : sample_(database, sample_sql), sampled_(database, sampled_sql) {}

void SqliteSamples::store(const Sample &sample) {
    if (sample.source_port == 0) {
        if (sample.destination_port != 0)
            sampled_.bind(1, sample.host).bind(2, sample.destination_port).bind(3, sample.date).run();
        return;
    }
    const auto known = [&](Counter which) { return sample.counters[static_cast<std::size_t>(which)].has_value(); };
    if (!known(Counter::rx_bytes) || !known(Counter::tx_bytes)) // the next one would count them again
        return;
    sample_.bind(1, sample.source).bind(2, sample.source_port).bind(3, sample.destination);
    sample_.bind(4, sample.destination_port).bind(5, sample.host).bind(6, sample.date);
    bind_counters(sample_, 7, sample.counters);
    sample_.run();
}

} // namespace iptracking
