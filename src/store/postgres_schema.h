// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "db/postgres.h"

#include <string>

namespace iptracking {

inline constexpr int postgres_schema_version = 4;

/// What is in a schema of a database.
struct PostgresSchema {
    int version = 0;       ///< 0: nothing of ours
    bool replaced = false; ///< log_one_event() is not the one that came with it
};

/// The schema of the configuration, or the one that the connection names.  Throws an Error where there is none.
std::string postgres_schema_name(postgres::Connection &connection, const PostgresConfig &config);

/// Whoever may store events or read them may look.
PostgresSchema look_at_postgres_schema(postgres::Connection &connection, const std::string &name);

/// Throws an Error that says what to do, unless it is the version that this program knows.
void check_postgres_schema(const PostgresSchema &schema, const std::string &name);

enum class WhereNoneIs { make_one, fail };
/// Brings the schema to the newest version, each version in a transaction of its own; gives the version that it had.
/// Several programs may do so at once.
int prepare_postgres_schema(postgres::Connection &connection, const std::string &name, WhereNoneIs where_none_is);

/// What makes the schema in an empty database, for psql.  An empty name: that of the connection.
std::string postgres_schema_script(const std::string &name);

/// An identifier as SQL.
std::string quoted_postgres_name(const std::string &name);

} // namespace iptracking
