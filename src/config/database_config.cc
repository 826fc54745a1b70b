// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/database_config.h"

#include "config/postgres_keywords.h"

#include <algorithm>

namespace iptracking {
namespace {

CsvConfig read_csvfile(YamlMap &database) {
    CsvConfig csv;
    const auto filename = database.text("filename");
    if (const auto delimiter = database.text("delimiter")) {
        if (delimiter->empty() || delimiter->find('"') != std::string::npos)
            throw database.error("delimiter", "must be a text that is not empty and holds no double quote");
        csv.delimiter = *delimiter;
    }
    csv.header = database.truth("header").value_or(false);
    database.finish();
    if (!filename || filename->empty())
        throw database.error("filename", "is missing: the csvfile driver needs a file to append to");
    csv.filename = *filename;
    return csv;
}

SqliteConfig read_sqlite3(YamlMap &database, const std::string &state_directory) {
    SqliteConfig sqlite = default_database(state_directory);
    const char *uri_key = database.has("url") ? "url" : "uri";
    const auto filename = database.text("filename"), uri = database.text(uri_key);
    if (filename && uri)
        throw database.error(uri_key, "and 'filename' exclude each other: give one of them");
    for (const char *key : {"filename", uri_key})
        if (database.has(key) && (filename ? filename : uri)->empty())
            throw database.error(key, "must not be empty");
    if (const auto flags = database.words(
            "flags", {"URI", "MEMORY", "NOMUTEX", "FULLMUTEX", "SHAREDCACHE", "PRIVATECACHE", "NOFOLLOW"}))
        sqlite.flags = *flags;
    if (filename)
        sqlite.filename = *filename;
    if (uri) {
        if (!uri->starts_with("file:"))
            throw database.error(uri_key, "must begin with file:");
        sqlite.filename = *uri;
        if (std::find(sqlite.flags.begin(), sqlite.flags.end(), "URI") == sqlite.flags.end())
            sqlite.flags.emplace_back("URI");
    }
    database.finish();
    return sqlite;
}

PostgresConfig::Keywords read_keywords(YamlMap &map) {
    const std::vector<std::string> &known = postgres_keywords();
    PostgresConfig::Keywords keywords;
    for (const std::string &key : map.keys_left()) {
        std::string keyword = key;
        std::replace(keyword.begin(), keyword.end(), '-', '_');
        if (std::find(known.begin(), known.end(), keyword) == known.end()) {
            if (const char *since = newer_postgres_keyword(keyword))
                throw map.error(key,
                                std::string("is a keyword of libpq ") + since + "; the libpq here does not know it");
            throw map.unknown(key, known);
        }
        keywords[keyword] = *map.text(key);
    }
    return keywords;
}

PostgresConfig read_postgresql(YamlMap &database) {
    PostgresConfig postgres;
    if (const auto schema = database.text("schema")) {
        if (schema->empty() || schema->size() > 63)
            throw database.error("schema", "must be a name of 1 to 63 bytes");
        postgres.schema = *schema;
    }
    if (auto client = database.map("client"))
        postgres.client = read_keywords(*client);
    if (auto admin = database.map("admin"))
        postgres.admin = read_keywords(*admin);
    postgres.keywords = read_keywords(database);
    return postgres;
}

} // namespace

SqliteConfig default_database(const std::string &state_directory) {
    return {state_directory + "/iptracking.sqlite3", {}};
}

DriverConfig read_database(YamlMap &&database, const std::string &state_directory) {
    const auto name = database.word("driver-name", {"csvfile", "sqlite3", "postgresql"});
    if (!name)
        throw database.error("driver-name", "is missing: one of csvfile, sqlite3, postgresql");
    if (*name == "csvfile")
        return read_csvfile(database);
    if (*name == "sqlite3" && IPTRACKING_HAVE_SQLITE3)
        return read_sqlite3(database, state_directory);
    if (*name == "postgresql" && IPTRACKING_HAVE_POSTGRESQL)
        return read_postgresql(database);
    throw database.error("driver-name",
                         "names '" + *name + "', which is not in this build; these are: " + drivers_built_in());
}

} // namespace iptracking
