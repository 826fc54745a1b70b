// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_schema.h"

#include "store/sqlite_attempts.h"
#include "store/sqlite_schema_sql.h"

#include <iterator>

namespace iptracking {
namespace {

constexpr std::int64_t our_application_id = 0x69707472; // "iptr"
constexpr std::int64_t first_version_with_pairs = 4;
static_assert(std::size(sqlite_schema_sql) == sqlite_schema_version);

} // namespace

std::int64_t check_sqlite_schema(sqlite::Database &database) {
    // What is in the header first: a newer schema may be one that this SQLite cannot even parse.
    const std::int64_t application = database.number("PRAGMA application_id").value_or(0);
    const std::int64_t version = database.number("PRAGMA user_version").value_or(0);
    if (application == our_application_id && version > sqlite_schema_version)
        throw Error("database '" + database.file() + "' has schema version " + std::to_string(version) +
                    "; this program knows those up to " + std::to_string(sqlite_schema_version));
    const bool empty = database.number("SELECT count(*) FROM sqlite_schema").value_or(0) == 0;
    // Another program has made it just now.
    if (application == 0 && !empty && database.number("PRAGMA application_id") == our_application_id)
        return check_sqlite_schema(database);
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

} // namespace iptracking
