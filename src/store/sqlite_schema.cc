// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_schema.h"

#include "store/sqlite_schema_sql.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::int64_t our_application_id = 0x69707472; // "iptr"

} // namespace

std::int64_t check_sqlite_schema(sqlite::Database &database) {
    const std::int64_t application = database.number("PRAGMA application_id").value_or(0);
    const bool empty = database.number("SELECT count(*) FROM sqlite_schema").value_or(0) == 0;
    if (application != our_application_id && !(empty && application == 0))
        throw Error("database '" + database.file() + "' holds something else: it is not one of iptracking");
    const std::int64_t version = database.number("PRAGMA user_version").value_or(0);
    if (version > sqlite_schema_version)
        throw Error("database '" + database.file() + "' has schema version " + std::to_string(version) +
                    "; this program knows those up to " + std::to_string(sqlite_schema_version));
    return version;
}

void prepare_sqlite_schema(sqlite::Database &database) {
    if (check_sqlite_schema(database) == sqlite_schema_version)
        return;
    sqlite::Transaction transaction(database);
    database.execute(sqlite_schema_sql);
    transaction.commit();
}

std::int64_t sqlite_summaries_behind(sqlite::Database &database) {
    return database
        .number("SELECT ifnull((SELECT max(id) FROM inet_log), 0) - upto FROM summary WHERE name = 'address_day'")
        .value_or(0);
}

std::int64_t advance_sqlite_summaries(sqlite::Database &database, std::int64_t most) {
    sqlite::Transaction transaction(database);
    const std::int64_t behind = sqlite_summaries_behind(database);
    if (behind <= 0)
        return 0;
    const std::int64_t step = std::min(behind, most);
    const std::int64_t after = database.number("SELECT upto FROM summary WHERE name = 'address_day'").value_or(0);
    sqlite::Statement(database,
                      "INSERT INTO address_day "
                      "SELECT substr(log_date, 1, 10), ifnull(dst_ipaddr, ''), src_ipaddr, src_net6, count(*), "
                      "min(log_date), max(log_date) FROM inet_log "
                      "WHERE id > ?1 AND id <= ?2 AND src_ipaddr IS NOT NULL GROUP BY 1, 2, 3 "
                      "ON CONFLICT DO UPDATE SET log_count = log_count + excluded.log_count, "
                      "start_date = min(start_date, excluded.start_date), "
                      "end_date = max(end_date, excluded.end_date)")
        .bind(1, after)
        .bind(2, after + step)
        .run();
    sqlite::Statement(database, "UPDATE summary SET upto = ?1 WHERE name = 'address_day'").bind(1, after + step).run();
    transaction.commit();
    return behind - step;
}

} // namespace iptracking
