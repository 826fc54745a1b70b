// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/examine.h"

#include "base/error.h"
#include "base/file.h"
#if IPTRACKING_HAVE_POSTGRESQL
#include "store/postgres_target.h"
#endif
#if IPTRACKING_HAVE_SQLITE3
#include "db/sqlite.h"
#include "store/sqlite_schema.h"
#endif

#include <algorithm>
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
    const bool is_path = std::find(sqlite.flags.begin(), sqlite.flags.end(), "URI") == sqlite.flags.end();
    const bool in_memory = std::find(sqlite.flags.begin(), sqlite.flags.end(), "MEMORY") != sqlite.flags.end();
    if (in_memory)
        return {sqlite.filename + ": in memory, gone when the daemon ends", ""};
    if (!is_path)
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
    const std::string place = postgres_name(connection, config, "stream_place");
    const postgres::Result row = connection.query("SELECT version, replaced FROM " + place + "('')", {});
    if (row.rows() == 0)
        throw Error("the schema in " + describe_postgres_target(config) + " is not complete");
    std::string text = describe_postgres_target(config) + ": PostgreSQL " + connection.reported("server_version") +
                       ", schema version " + *row.value(0, 0);
    if (row.value(0, 1) == "t")
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
