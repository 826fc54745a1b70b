// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_attempts.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::int64_t most_rows = 131'072;

constexpr char rows_sql[] = "SELECT id, outcome, sshd_pid, src_port, dst_port, host, src_ipaddr, dst_ipaddr, service "
                            "FROM inet_log WHERE id > ?1 AND log_event = 1 ORDER BY id";

Outcome outcome_named(std::string_view name) {
    for (const auto known : {Outcome::attempt, Outcome::success, Outcome::failure})
        if (name == name_of(known))
            return known;
    return Outcome::none;
}

template <class Found>
void show(sqlite::Database &database, LastAttempts &attempts, std::int64_t after, const Found &found) {
    sqlite::Statement rows(database, rows_sql);
    rows.bind(1, after);
    while (rows.step()) {
        AuthRow row;
        row.id = rows.column_number(0);
        row.outcome = outcome_named(rows.column_view(1));
        row.pid = rows.column_number(2);
        row.source_port = rows.column_number(3);
        row.destination_port = rows.column_number(4);
        row.host = rows.column_view(5);
        row.source = rows.column_view(6);
        row.destination = rows.column_view(7);
        row.service = rows.column_view(8);
        if (const auto attempt = attempts.next(row))
            found(*attempt, row.id);
    }
}

} // namespace

void learn_attempts(sqlite::Database &database, LastAttempts &attempts, std::int64_t after) {
    const std::int64_t last = database.number("SELECT max(id) FROM inet_log").value_or(0);
    show(database, attempts, std::max(after, last - most_rows), [](std::int64_t, std::int64_t) {});
}

void pair_stored_attempts(sqlite::Database &database) {
    LastAttempts attempts;
    sqlite::Statement add(database, "INSERT INTO attempt_success VALUES (?1, ?2)");
    show(database, attempts, INT64_MIN,
         [&](std::int64_t attempt, std::int64_t success) { add.bind(1, attempt).bind(2, success).run(); });
}

} // namespace iptracking
