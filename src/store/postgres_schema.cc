// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/postgres_schema.h"

#include "store/postgres_schema_sql.h"

#include <iterator>

namespace iptracking {
namespace {

using postgres::Parameter;

static_assert(std::size(postgres_schema_sql) == postgres_schema_version);

std::string in_schema(const std::string &schema, const char *name) {
    return quoted_postgres_name(schema) + "." + name;
}

/// A transaction; until it ends nobody else makes or upgrades a schema in this database.
void begin_alone(postgres::Connection &connection) {
    connection.execute("BEGIN");
    connection.execute("SET LOCAL search_path TO pg_catalog, pg_temp"); // what others have made is not for our rights
    connection.execute("SET LOCAL lock_timeout TO '5s'"); // whoever may connect may hold it, and hosts wait behind us
    connection.execute("SELECT pg_advisory_xact_lock(1768977522)"); // "iptr"
}

void make_room(postgres::Connection &connection, const std::string &name) {
    // Not IF NOT EXISTS: that asks for the right to make one also where it is there.
    if (connection.query("SELECT FROM pg_namespace WHERE nspname = $1", {Parameter::text(name)}).rows() == 0)
        connection.execute("CREATE SCHEMA " + quoted_postgres_name(name));
}

/// Ends the transaction.
void apply(postgres::Connection &connection, const std::string &name, int version) {
    connection.execute("SET LOCAL search_path TO " + quoted_postgres_name(name));
    connection.execute(postgres_schema_sql[version - 1]);
}

} // namespace

std::string quoted_postgres_name(const std::string &name) {
    std::string text = "\"";
    for (const char c : name)
        text.append(c == '"' ? 2 : 1, c);
    return text + "\"";
}

std::string postgres_schema_name(postgres::Connection &connection, const PostgresConfig &config) {
    if (!config.schema.empty())
        return config.schema;
    const auto name = connection.query("SELECT current_schema()", {}).value(0, 0);
    if (!name)
        throw Error("the search_path of the connection names no schema that is there");
    return *name;
}

PostgresSchema look_at_postgres_schema(postgres::Connection &connection, const std::string &name) {
    const std::string table = in_schema(name, "schema_info");
    const auto may_read = connection.query("SELECT pg_catalog.has_table_privilege(table_, 'SELECT') "
                                           "FROM pg_catalog.to_regclass($1) AS table_ WHERE table_ IS NOT NULL",
                                           {Parameter::text(table)});
    if (may_read.rows() == 0)
        return {};
    const auto row =
        connection.query(may_read.value(0, 0) == "t"
                             ? "SELECT version, " + in_schema(name, "log_one_event_is_replaced()") + " FROM " + table
                             : "SELECT version, replaced FROM " + in_schema(name, "stream_place('')"),
                         {});
    if (row.rows() != 1)
        throw Error("the schema '" + name + "' is damaged: its table schema_info has not one row");
    return {std::stoi(*row.value(0, 0)), row.value(0, 1) == "t"};
}

void check_postgres_schema(const PostgresSchema &schema, const std::string &name) {
    if (schema.version == 0)
        throw Error("the schema '" + name + "' has no tables of iptracking: 'iptracking db init' makes them");
    if (schema.version < postgres_schema_version)
        throw Error("the schema '" + name + "' has version " + std::to_string(schema.version) + ", the newest is " +
                    std::to_string(postgres_schema_version) + ": 'iptracking db upgrade' upgrades it");
    if (schema.version > postgres_schema_version)
        throw Error("the schema '" + name + "' has version " + std::to_string(schema.version) +
                    "; this program knows those up to " + std::to_string(postgres_schema_version));
}

int prepare_postgres_schema(postgres::Connection &connection, const std::string &name, WhereNoneIs where_none_is) {
    std::optional<int> before;
    for (;;) {
        begin_alone(connection);
        const PostgresSchema schema = look_at_postgres_schema(connection, name);
        before = before.value_or(schema.version);
        if (schema.version >= postgres_schema_version || (schema.version == 0 && where_none_is == WhereNoneIs::fail)) {
            connection.execute("ROLLBACK");
            check_postgres_schema(schema, name);
            return *before;
        }
        if (schema.version == 0)
            make_room(connection, name);
        apply(connection, name, schema.version + 1);
    }
}

std::string postgres_schema_script(const std::string &name) {
    std::string script = "SET client_encoding TO 'UTF8';\n"; // or psql takes that of its terminal
    if (!name.empty()) {
        const std::string quoted = quoted_postgres_name(name);
        script += "CREATE SCHEMA IF NOT EXISTS " + quoted + ";\nSET search_path TO " + quoted + ";\n";
    }
    for (const char *const sql : postgres_schema_sql)
        script += sql;
    return script;
}

} // namespace iptracking
