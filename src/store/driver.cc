// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/driver.h"

#include "base/error.h"
#include "store/csv_driver.h"
#if IPTRACKING_HAVE_POSTGRESQL
#include "store/postgres_connector.h"
#include "store/postgres_driver.h"
#endif
#if IPTRACKING_HAVE_SQLITE3
#include "store/sqlite_driver.h"
#endif

namespace iptracking {

std::unique_ptr<Driver> make_driver(const DriverContext &context, const DriverConfig &config) {
    if (const auto *csv = std::get_if<CsvConfig>(&config))
        return make_csv_driver(context, *csv);
#if IPTRACKING_HAVE_SQLITE3
    if (const auto *sqlite = std::get_if<SqliteConfig>(&config))
        return make_sqlite_driver(context, *sqlite);
#endif
#if IPTRACKING_HAVE_POSTGRESQL
    if (const auto *postgres = std::get_if<PostgresConfig>(&config))
        return make_postgres_driver(context, *postgres);
#endif
    throw Error(std::string("the driver '") + driver_name(config) +
                "' is not in this build; these are: " + drivers_built_in());
}

bool a_driver_thread_runs() noexcept {
#if IPTRACKING_HAVE_POSTGRESQL
    return postgres_connector_runs();
#else
    return false;
#endif
}

} // namespace iptracking
