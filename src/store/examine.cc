// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/examine.h"

#include "base/error.h"
#include "base/file.h"
#if IPTRACKING_HAVE_POSTGRESQL
#include "store/postgres_schema.h"
#include "store/postgres_target.h"
#endif
#if IPTRACKING_HAVE_SQLITE3
#include "db/sqlite.h"
#include "store/sqlite_file.h"
#include "store/sqlite_schema.h"
#endif

#include <cerrno>
#include <fcntl.h>
#include <filesystem>

namespace iptracking {
namespace {

std::string folder_of(const std::string &path) {
    return std::filesystem::absolute(path).parent_path();
}

bool exists(const std::string &path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0)
        return true;
    if (errno != ENOENT)
        throw_errno(errno, "cannot examine '" + path + "'");
    open_file(folder_of(path), O_RDONLY | O_DIRECTORY); // throws where it could not be made
    return false;
}

Examined examine_csvfile(const CsvConfig &csv) {
    if (!exists(csv.filename))
        return {csv.filename + ": will be made", folder_of(csv.filename)};
    const UniqueFd file = open_file(csv.filename, O_RDWR);
    const struct stat status = status_of(file.get(), csv.filename);
    if (!S_ISREG(status.st_mode))
        throw Error("'" + csv.filename + "' is not a regular file");
    return {csv.filename + ": " + std::to_string(status.st_size) + " bytes", folder_of(csv.filename)};
}

#if IPTRACKING_HAVE_SQLITE3
Examined examine_sqlite3(const SqliteConfig &sqlite) {
    const int flags = sqlite_open_flags(sqlite);
    if (flags & SQLITE_OPEN_MEMORY)
        return {sqlite.filename + ": in memory, gone when the daemon ends", ""};
    if (flags & SQLITE_OPEN_URI)
        return {sqlite.filename + ": a URI, not tried", ""};
    if (!exists(sqlite.filename))
        return {sqlite.filename + ": will be made", folder_of(sqlite.filename)};
    sqlite::Database database(sqlite.filename, SQLITE_OPEN_READONLY);
    const std::int64_t version = check_sqlite_schema(database);
    std::string text = sqlite.filename + ": schema version " + std::to_string(version);
    if (version != 0)
        text += ", " + std::to_string(database.number("SELECT count(*) FROM inet_log").value_or(0)) + " events";
    return {text, folder_of(sqlite.filename)};
}
#endif

#if IPTRACKING_HAVE_POSTGRESQL
Examined examine_postgresql(const PostgresConfig &config) {
    auto connection = postgres::Connection::open(postgres_keywords_to_connect(config));
    check_postgres_server(connection);
    const std::string name = postgres_schema_name(connection, config);
    const PostgresSchema schema = look_at_postgres_schema(connection, name);
    if (schema.version == 0)
        check_postgres_schema(schema, name);
    std::string text = describe_postgres_target(config) + ": PostgreSQL " + connection.reported("server_version") +
                       ", schema version " + std::to_string(schema.version);
    if (schema.version < postgres_schema_version)
        text += " (the newest is " + std::to_string(postgres_schema_version) + ": 'iptracking db upgrade')";
    if (schema.replaced)
        text += ", log_one_event() was replaced: it is called for every event, which is slower";
    return {text, "", connection.is_over_network()};
}
#endif

} // namespace

Examined examine_database(const DriverConfig &driver) {
    if (const auto *csv = std::get_if<CsvConfig>(&driver))
        return examine_csvfile(*csv);
#if IPTRACKING_HAVE_SQLITE3
    if (const auto *sqlite = std::get_if<SqliteConfig>(&driver))
        return examine_sqlite3(*sqlite);
#endif
#if IPTRACKING_HAVE_POSTGRESQL
    if (const auto *postgres = std::get_if<PostgresConfig>(&driver))
        return examine_postgresql(*postgres);
#endif
    throw Error(std::string("the driver '") + driver_name(driver) +
                "' is not in this build; these are: " + drivers_built_in());
}

} // namespace iptracking
