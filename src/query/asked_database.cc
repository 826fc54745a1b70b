// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/asked_database.h"

#include "base/error.h"
#include "query/postgres_asked.h"
#include "query/sqlite_asked.h"

namespace iptracking {

std::unique_ptr<AskedDatabase> open_asked_database(const Config &config) {
#if IPTRACKING_HAVE_SQLITE3
    if (const auto *sqlite = std::get_if<SqliteConfig>(&config.driver))
        return open_asked_sqlite(*sqlite);
    if (const auto *csv = std::get_if<CsvConfig>(&config.driver))
        return open_asked_csvfile(*csv);
#endif
#if IPTRACKING_HAVE_POSTGRESQL
    if (const auto *postgres = std::get_if<PostgresConfig>(&config.driver))
        return open_asked_postgres(*postgres);
#endif
    throw Error(std::string("the driver ") + driver_name(config.driver) +
                " cannot be asked: this build has no SQLite, into which it would be read");
}

} // namespace iptracking
