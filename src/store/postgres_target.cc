// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/postgres_target.h"

#include <cstdlib>

namespace iptracking {
namespace {

constexpr int oldest_server = 130000;

} // namespace

std::string describe_postgres_target(const PostgresConfig &config) {
    std::string text = "postgresql";
    if (const std::string where = postgres::describe_target(config.keywords); !where.empty())
        text += " " + where;
    if (!config.schema.empty())
        text += " schema=" + config.schema;
    return text;
}

postgres::Keywords postgres_keywords_to_connect(const PostgresConfig &config) {
    postgres::Keywords keywords = config.keywords;
    keywords.emplace("fallback_application_name", "iptracking-daemon");
    // What is given in a service file must hold.
    if (!keywords.contains("service") && !std::getenv("PGSERVICE")) {
        keywords.emplace("tcp_user_timeout", "15000"); // milliseconds until what was sent is acknowledged
        keywords.emplace("keepalives_idle", "60");     // seconds
        keywords.emplace("keepalives_interval", "5");
        keywords.emplace("keepalives_count", "3");
    }
    return keywords;
}

void check_postgres_server(const postgres::Connection &connection) {
    if (connection.server_version() < oldest_server)
        throw Error("the PostgreSQL server is too old: " + connection.reported("server_version") + ", needed is 13");
    if (const std::string encoding = connection.reported("server_encoding"); encoding != "UTF8")
        throw Error("the PostgreSQL database has the encoding " + encoding +
                    ", which cannot hold every name; needed is UTF8");
}

} // namespace iptracking
