// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/postgres_upkeep.h"

#include "store/postgres_schema.h"

#include <cstdio>

namespace iptracking {
namespace {

using postgres::Parameter;

constexpr char rows_a_step[] = "100000"; // where rows are deleted: of each partition

std::string in_schema(const PostgresAdmin &admin, const char *object) {
    return quoted_postgres_name(admin.schema) + "." + object;
}

std::int64_t number_in(const postgres::Result &result) {
    return std::stoll(*result.value(0, 0));
}

/// VACUUM only warns.
void check_may_vacuum(PostgresAdmin &admin, const std::string &table) {
    const auto may = admin.connection.query(
        "SELECT pg_catalog.pg_has_role(relowner, 'USAGE') OR pg_catalog.pg_has_role(datdba, 'USAGE') "
        "FROM pg_catalog.pg_class, pg_catalog.pg_database WHERE pg_class.oid = $1::regclass "
        "AND datname = pg_catalog.current_database()",
        {Parameter::text(table)});
    if (may.value(0, 0) != "t")
        throw Error("only a member of its owner may vacuum " + table +
                    "; 'admin' of the configuration names a role that may, iptracking(1)");
}

} // namespace

std::int64_t count_postgres(PostgresAdmin &admin, const std::string &before, OldEvents fate) {
    const std::string some =
        fate == OldEvents::removed ? "" : " AND flags & 8 = 0 AND num_nonnulls(src_ipaddr, src_port, rhost) > 0";
    return number_in(admin.connection.query("SELECT count(*) FROM " + in_schema(admin, "inet_log") +
                                                " WHERE log_date < $1::timestamptz" + some,
                                            {Parameter::text(before)}));
}

std::int64_t purge_postgres(PostgresAdmin &admin, const std::string &before, const Steps &progress) {
    const std::string step = "SELECT " + in_schema(admin, "purge($1::timestamptz, $2::bigint)");
    std::int64_t gone = 0;
    for (std::int64_t number = 1; number > 0; progress(gone += number))
        number = number_in(admin.connection.query(step, {Parameter::text(before), Parameter::text(rows_a_step)}));
    return gone;
}

std::int64_t truncate_postgres(PostgresAdmin &admin, const std::string &before, const Steps &progress) {
    // From date to date, so that no step looks at the rows of those before it again.
    const std::string step =
        R"(SELECT number, to_char(upto AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM )" +
        in_schema(admin, "truncate_addresses($1::timestamptz, $2::bigint, $3::timestamptz)");
    std::int64_t truncated = 0;
    for (std::optional<std::string> since = "-infinity"; since;) {
        const auto done = admin.connection.query(
            step, {Parameter::text(before), Parameter::text(rows_a_step), Parameter::text(*since)});
        progress(truncated += number_in(done));
        since = done.value(0, 1);
    }
    return truncated;
}

void vacuum_postgres(PostgresAdmin &admin) {
    const std::string events = in_schema(admin, "inet_log");
    check_may_vacuum(admin, events);
    admin.connection.execute("VACUUM (ANALYZE) " + events); // with its partitions
    admin.connection.execute("VACUUM (ANALYZE) " + in_schema(admin, "stream"));
    std::printf("%s: the room of removed events can be used again; nobody had to wait\n", admin.target.c_str());
}

} // namespace iptracking
