// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking db check` for PostgreSQL.
#include "client/postgres_admin.h"
#include "store/postgres_schema.h"
#include "store/postgres_target.h"

namespace iptracking {
namespace {

using postgres::Parameter;

class PostgresCheck {
public:
    PostgresCheck(PostgresAdmin &admin, Findings &findings) : admin_(admin), findings_(findings) {}

    void run() {
        // In one transaction, since nothing is set in a session: functions that others have made are not for our
        // rights.
        admin_.connection.execute("BEGIN; SET LOCAL search_path TO pg_catalog, pg_temp");
        check_server();
        if (!check_schema())
            return;
        check_role();
        check_partitions();
        look_at_events();
    }

private:
    void check_server() {
        findings_.fact("server", "PostgreSQL " + admin_.connection.reported("server_version"));
        findings_.fact("encoding", admin_.connection.reported("server_encoding"));
        try {
            check_postgres_server(admin_.connection);
        } catch (const postgres::PostgresError &) {
            throw;
        } catch (const Error &error) {
            findings_.wrong(std::string(error.what()) +
                            "; make another database: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0;");
        }
        if (ask("SHOW transaction_read_only") == "on")
            findings_.wrong("the server is read-only, so no events can be stored; among several hosts, "
                            "target_session_attrs: read-write finds the one that is not");
    }

    /// Whether there is something more to look at.
    bool check_schema() {
        const PostgresSchema schema = look_at_postgres_schema(admin_.connection, admin_.schema);
        version_ = schema.version;
        findings_.fact("schema", admin_.schema + ", " +
                                     (version_ == 0 ? "empty" : "version " + std::to_string(version_)) +
                                     ", the newest is " + std::to_string(postgres_schema_version));
        try {
            check_postgres_schema(schema, admin_.schema);
        } catch (const Error &error) {
            findings_.wrong(error.what());
        }
        if (version_ > 0)
            findings_.fact("log_one_event", schema.replaced
                                                ? "was replaced: it is called for every event, which is slower"
                                                : "that of the schema");
        return version_ > 0;
    }

    void check_role() {
        const std::string &role = admin_.daemon_role;
        const auto found =
            admin_.connection.query("SELECT rolsuper FROM pg_roles WHERE rolname = $1", {Parameter::text(role)});
        const std::string grant = missing_grant(admin_.connection, role);
        const bool may_store = found.rows() > 0 && ask(lacking, role).empty();
        const std::string more = found.rows() == 0          ? ""
                                 : found.value(0, 0) == "t" ? "anything, as a superuser"
                                                            : ask(more_than_storing, role);
        findings_.fact("daemon's role", role + (found.rows() == 0 ? " does not exist"
                                                : !may_store      ? " may not store events"
                                                : more.empty()    ? " may store events and nothing else"
                                                                  : " may store events, and more"));
        if (!grant.empty())
            findings_.wrong("the daemon's role '" + role + "' " +
                            (found.rows() == 0 ? "does not exist" : "cannot store events") + "; in psql: " + grant);
        else if (!may_store)
            findings_.wrong("the daemon's role '" + role + "' may not execute " + ask(lacking, role) +
                            ", though it is a member of iptracking_writer; in psql: GRANT … TO iptracking_writer;");
        if (!more.empty())
            findings_.wrong("the daemon's role '" + role + "' may do more than store events: " + more +
                            "; it should be a member of iptracking_writer only");
    }

    void check_partitions() {
        if (version_ < first_with_partitions || !may_read("settings") || !may_read("partitions"))
            return;
        const auto settings = admin_.connection.query("SELECT partition_by FROM " + name("settings"), {});
        if (!settings.value(0, 0)) {
            findings_.fact("partitions", "one for all");
            return;
        }
        const auto number = admin_.connection.query(
            "SELECT count(*), count(*) FILTER (WHERE start_date > now()) FROM " + name("partitions"), {});
        findings_.fact("partitions", *number.value(0, 0) + ", one a " + *settings.value(0, 0) + ", " +
                                         *number.value(0, 1) + " ahead");
        if (number.value(0, 1) == "0")
            findings_.wrong("no partition is made ahead: run 'iptracking db purge' every day, or SELECT " +
                            name("make_partitions()") + ";");
    }

    void look_at_events() {
        if (!may_read("inet_log")) {
            findings_.fact("events", "not readable as " + ask("SELECT current_user"));
            return;
        }
        const auto dates =
            admin_.connection.query("SELECT to_char(min(log_date) AT TIME ZONE 'UTC', format), to_char(max(log_date) "
                                    "AT TIME ZONE 'UTC', format) "
                                    "FROM (VALUES ('YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')) AS f(format) LEFT JOIN " +
                                        name("inet_log") + " ON true GROUP BY format",
                                    {});
        findings_.fact("oldest event", dates.value(0, 0).value_or("none"));
        findings_.fact("newest event", dates.value(0, 1).value_or("none"));
    }

    // --- asking

    static constexpr int first_with_partitions = 2; // version of the schema

    // $1: a role, $2: the schema.
    static constexpr char lacking[] =
        "SELECT string_agg(name, ', ') FROM unnest(ARRAY['log_one_event', 'log_events', 'log_samples', "
        "'stream_place', 'advance_stream']) AS name, LATERAL ("
        "  SELECT bool_or(has_function_privilege($1, pg_proc.oid, 'EXECUTE')) AS may"
        "   FROM pg_proc JOIN pg_namespace AS n ON n.oid = pronamespace WHERE nspname = $2 AND proname = name) AS f"
        " WHERE (may IS NOT NULL OR name <> 'log_samples')" // which came with version 4
        "  AND (NOT has_schema_privilege($1, $2, 'USAGE') OR may IS NOT TRUE)";
    static constexpr char more_than_storing[] =
        "SELECT string_agg(what, ', ' ORDER BY what) FROM ("
        " SELECT 'make things in the schema ' || $2 WHERE has_schema_privilege($1, $2, 'CREATE')"
        " UNION ALL SELECT 'read or change ' || relname"
        "  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace JOIN pg_roles AS o ON o.oid = relowner"
        "  WHERE nspname = $2 AND rolname = 'iptracking_owner' AND relkind IN ('r', 'p', 'v', 'm') AND relname IN"
        "   ('inet_log', 'stream', 'settings', 'unlogged_nets', 'schema_info', 'sample', 'sampled')"
        "   AND (has_table_privilege($1, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')"
        "        OR has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE'))"
        " UNION ALL SELECT 'execute ' || proname"
        "  FROM pg_proc JOIN pg_namespace AS n ON n.oid = pronamespace JOIN pg_roles AS o ON o.oid = proowner"
        "  WHERE nspname = $2 AND rolname = 'iptracking_owner' AND proname NOT IN"
        "   ('log_one_event', 'log_events', 'log_samples', 'stream_place', 'advance_stream')"
        "   AND has_function_privilege($1, pg_proc.oid, 'EXECUTE')) AS more(what)";

    std::string name(const char *object) const { return quoted_postgres_name(admin_.schema) + "." + object; }

    std::string ask(const std::string &sql) { return admin_.connection.query(sql, {}).value(0, 0).value_or(""); }
    std::string ask(const char *sql, const std::string &role) {
        return admin_.connection.query(sql, {Parameter::text(role), Parameter::text(admin_.schema)})
            .value(0, 0)
            .value_or("");
    }
    bool may_read(const char *table) {
        return admin_.connection.query("SELECT has_table_privilege($1, 'SELECT')", {Parameter::text(name(table))})
                   .value(0, 0) == "t";
    }

    PostgresAdmin &admin_;
    Findings &findings_;
    int version_ = 0;
};

} // namespace

void check_postgres(PostgresAdmin &admin, Findings &findings) {
    PostgresCheck(admin, findings).run();
}

} // namespace iptracking
