// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_schema.h"

#include "store/sqlite_schema_sql.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace iptracking {
namespace {

constexpr std::int64_t our_application_id = 0x69707472; // "iptr"
static_assert(std::size(sqlite_schema_sql) == sqlite_schema_version);

/// `advance` adds the events with ?1 < id <= ?2.  SqlitePurge takes them away again.
struct Summary {
    std::string_view name, advance;
};
constexpr Summary summaries[] = {
    {"address_day", "INSERT INTO address_day "
                    "SELECT substr(log_date, 1, 10), ifnull(dst_ipaddr, ''), src_ipaddr, src_net6, count(*), "
                    "min(log_date), max(log_date) FROM inet_log "
                    "WHERE id > ?1 AND id <= ?2 AND src_ipaddr IS NOT NULL GROUP BY 1, 2, 3 "
                    "ON CONFLICT DO UPDATE SET log_count = log_count + excluded.log_count, "
                    "start_date = min(start_date, excluded.start_date), "
                    "end_date = max(end_date, excluded.end_date)"},
    {"user_address", "INSERT INTO user_address "
                     "SELECT uid, src_ipaddr, count(*), min(log_date), max(log_date) FROM inet_log "
                     "WHERE id > ?1 AND id <= ?2 AND outcome = 'success' AND uid IS NOT NULL "
                     "AND src_ipaddr IS NOT NULL GROUP BY 1, 2 "
                     "ON CONFLICT DO UPDATE SET log_count = log_count + excluded.log_count, "
                     "start_date = min(start_date, excluded.start_date), "
                     "end_date = max(end_date, excluded.end_date)"},
};

/// How many of the events after it are left.
std::int64_t advance(sqlite::Database &database, const Summary &summary, std::int64_t last, std::int64_t most) {
    sqlite::Statement ask(database, "SELECT upto FROM summary WHERE name = ?1");
    ask.bind(1, summary.name).step();
    const std::int64_t after = ask.column_number(0), upto = std::min(last, after + most);
    if (upto <= after)
        return 0;
    sqlite::Statement(database, summary.advance).bind(1, after).bind(2, upto).run();
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
    for (auto next = check_sqlite_schema(database); next < sqlite_schema_version; ++next)
        database.execute(sqlite_schema_sql[next]);
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
