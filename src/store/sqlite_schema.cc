// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_schema.h"

#include "store/sqlite_attempts.h"
#include "store/sqlite_schema_sql.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace iptracking {
namespace {

constexpr std::int64_t our_application_id = 0x69707472; // "iptr"
constexpr std::int64_t first_version_with_pairs = 4;
static_assert(std::size(sqlite_schema_sql) == sqlite_schema_version);

/// `add` counts the events with ?1 < id <= ?2.  `take_off` takes the attempts of their successes off the failures:
/// what has succeeded was counted as one, in this step or before.  Those with failures have the same `upto`.
/// SqlitePurge takes all of it away again.
struct Summary {
    std::string_view name, add, take_off;
};
constexpr Summary summaries[] = {
    {"address_day",
     "INSERT INTO address_day "
     "SELECT substr(log_date, 1, 10), ifnull(dst_ipaddr, ''), src_ipaddr, src_net6, count(*), "
     "sum(log_event = 1 AND outcome IN ('attempt', 'failure') IS 1), sum(log_event = 1 AND outcome IS 'success'), "
     "sum(log_event = 2), min(log_date), max(log_date) FROM inet_log "
     "WHERE id > ?1 AND id <= ?2 AND src_ipaddr IS NOT NULL GROUP BY 1, 2, 3 "
     "ON CONFLICT DO UPDATE SET log_count = log_count + excluded.log_count, "
     "failures = failures + excluded.failures, successes = successes + excluded.successes, "
     "opened = opened + excluded.opened, "
     "start_date = min(start_date, excluded.start_date), end_date = max(end_date, excluded.end_date)",
     "UPDATE address_day AS a SET failures = failures - pairs.number FROM "
     "(SELECT substr(log_date, 1, 10) AS on_day, ifnull(dst_ipaddr, '') AS dst, src_ipaddr AS src, count(*) AS number "
     "FROM attempt_success JOIN inet_log ON id = attempt_id "
     "WHERE success_id > ?1 AND success_id <= ?2 AND src_ipaddr IS NOT NULL GROUP BY 1, 2, 3) AS pairs "
     "WHERE a.day = pairs.on_day AND a.dst_ipaddr = pairs.dst AND a.src_ipaddr = pairs.src"},
    {"user_day",
     "INSERT INTO user_day "
     "SELECT substr(log_date, 1, 10), uid, count(*), "
     "sum(log_event = 1 AND outcome IN ('attempt', 'failure') IS 1), sum(log_event = 1 AND outcome IS 'success'), "
     "sum(log_event = 2), min(log_date), max(log_date) FROM inet_log "
     "WHERE id > ?1 AND id <= ?2 AND uid IS NOT NULL GROUP BY 1, 2 "
     "ON CONFLICT DO UPDATE SET log_count = log_count + excluded.log_count, "
     "failures = failures + excluded.failures, successes = successes + excluded.successes, "
     "opened = opened + excluded.opened, "
     "start_date = min(start_date, excluded.start_date), end_date = max(end_date, excluded.end_date)",
     "UPDATE user_day AS u SET failures = failures - pairs.number FROM "
     "(SELECT substr(log_date, 1, 10) AS on_day, uid AS name, count(*) AS number "
     "FROM attempt_success JOIN inet_log ON id = attempt_id "
     "WHERE success_id > ?1 AND success_id <= ?2 AND uid IS NOT NULL GROUP BY 1, 2) AS pairs "
     "WHERE u.day = pairs.on_day AND u.uid = pairs.name"},
    {"quarter",
     "INSERT INTO quarter "
     "SELECT substr(log_date, 1, 14) || substr('00153045', substr(log_date, 15, 2) / 15 * 2 + 1, 2) || ':00Z', "
     "count(*), sum(log_event = 1 AND outcome IN ('attempt', 'failure') IS 1), "
     "sum(log_event = 1 AND outcome IS 'success'), sum(log_event = 2), sum(log_event = 3) FROM inet_log "
     "WHERE id > ?1 AND id <= ?2 GROUP BY 1 "
     "ON CONFLICT DO UPDATE SET log_count = log_count + excluded.log_count, "
     "failures = failures + excluded.failures, successes = successes + excluded.successes, "
     "opened = opened + excluded.opened, closed = closed + excluded.closed",
     "UPDATE quarter AS q SET failures = failures - pairs.number FROM "
     "(SELECT substr(log_date, 1, 14) || substr('00153045', substr(log_date, 15, 2) / 15 * 2 + 1, 2) || ':00Z' AS "
     "start, "
     "count(*) AS number FROM attempt_success JOIN inet_log ON id = attempt_id "
     "WHERE success_id > ?1 AND success_id <= ?2 GROUP BY 1) AS pairs "
     "WHERE q.start_date = pairs.start"},
    {"user_address",
     "INSERT INTO user_address "
     "SELECT uid, src_ipaddr, count(*), min(log_date), max(log_date) FROM inet_log "
     "WHERE id > ?1 AND id <= ?2 AND outcome = 'success' AND uid IS NOT NULL "
     "AND src_ipaddr IS NOT NULL GROUP BY 1, 2 "
     "ON CONFLICT DO UPDATE SET log_count = log_count + excluded.log_count, "
     "start_date = min(start_date, excluded.start_date), "
     "end_date = max(end_date, excluded.end_date)",
     ""},
};

/// How many of the events after it are left.
std::int64_t advance(sqlite::Database &database, const Summary &summary, std::int64_t last, std::int64_t most) {
    sqlite::Statement ask(database, "SELECT upto FROM summary WHERE name = ?1");
    ask.bind(1, summary.name).step();
    const std::int64_t after = ask.column_number(0), upto = std::min(last, after + most);
    if (upto <= after)
        return 0;
    for (const std::string_view sql : {summary.add, summary.take_off})
        if (!sql.empty())
            sqlite::Statement(database, sql).bind(1, after).bind(2, upto).run();
    sqlite::Statement(database, "UPDATE summary SET upto = ?2 WHERE name = ?1")
        .bind(1, summary.name)
        .bind(2, upto)
        .run();
    return last - upto;
}

std::int64_t last_id(sqlite::Database &database) {
    return database.number("SELECT max(id) FROM inet_log").value_or(0);
}

} // namespace

std::int64_t check_sqlite_schema(sqlite::Database &database) {
    // What is in the header first: a newer schema may be one that this SQLite cannot even parse.
    const std::int64_t application = database.number("PRAGMA application_id").value_or(0);
    const std::int64_t version = database.number("PRAGMA user_version").value_or(0);
    if (application == our_application_id && version > sqlite_schema_version)
        throw Error("database '" + database.file() + "' has schema version " + std::to_string(version) +
                    "; this program knows those up to " + std::to_string(sqlite_schema_version));
    const bool empty = database.number("SELECT count(*) FROM sqlite_schema").value_or(0) == 0;
    if (application != our_application_id && !(empty && application == 0))
        throw Error("database '" + database.file() + "' holds something else: it is not one of iptracking");
    return version;
}

void prepare_sqlite_schema(sqlite::Database &database) {
    if (check_sqlite_schema(database) == sqlite_schema_version)
        return;
    sqlite::Transaction transaction(database);
    // Another program may have been faster.
    for (auto version = check_sqlite_schema(database) + 1; version <= sqlite_schema_version; ++version) {
        database.execute(sqlite_schema_sql[version - 1]);
        if (version == first_version_with_pairs)
            pair_stored_attempts(database);
    }
    transaction.commit();
}

std::int64_t sqlite_summaries_behind(sqlite::Database &database) {
    return std::max<std::int64_t>(0, last_id(database) - database.number("SELECT min(upto) FROM summary").value_or(0));
}

std::int64_t advance_sqlite_summaries(sqlite::Database &database, std::int64_t most) {
    sqlite::Transaction transaction(database);
    const std::int64_t last = last_id(database);
    std::int64_t behind = 0;
    for (const Summary &summary : summaries)
        behind = std::max(behind, advance(database, summary, last, most));
    transaction.commit();
    return behind;
}

} // namespace iptracking
