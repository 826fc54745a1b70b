// SPDX-License-Identifier: GPL-2.0-or-later
#include "db/sqlite.h"
#include "event/timestamp.h"
#include "import/import_target.h"
#include "import/row_columns.h"
#include "store/sqlite_writer.h"

#include <algorithm>

namespace iptracking {
namespace {

using namespace row_column;
constexpr char rows_sql[] = "SELECT id, log_date, log_event, outcome, src_ipaddr, src_port, dst_ipaddr, dst_port, "
                            "sshd_pid, flags, origin, uid, service, tty, ruser, rhost, host FROM inet_log "
                            "WHERE log_date BETWEEN ?1 AND ?2 ORDER BY id";

Outcome outcome_of(std::string_view name) noexcept {
    for (const Outcome known : {Outcome::attempt, Outcome::success, Outcome::failure})
        if (name == name_of(known))
            return known;
    return Outcome::none;
}

KnownRow row_of(const sqlite::Statement &statement) {
    KnownRow row;
    row.id = statement.column_number(id);
    row.time_usec = parse_utc(statement.column_text(log_date)).value_or(0);
    if (const std::int64_t kind = statement.column_number(log_event); kind >= 0 && kind <= 3)
        row.kind = static_cast<EventKind>(kind);
    row.outcome = outcome_of(statement.column_text(outcome));
    row.source = IpAddress::parse(statement.column_text(src_ipaddr)).value_or(IpAddress{});
    row.source_port = static_cast<std::uint16_t>(statement.column_number(src_port));
    row.destination = IpAddress::parse(statement.column_text(dst_ipaddr)).value_or(IpAddress{});
    row.destination_port = static_cast<std::uint16_t>(statement.column_number(dst_port));
    row.pid = static_cast<std::int32_t>(statement.column_number(sshd_pid));
    row.flags = static_cast<std::uint16_t>(statement.column_number(flags));
    row.origin = origin_of(statement.column_text(origin)).value_or(Origin::live);
    for (std::size_t i = 0; i < plain_texts; ++i)
        if (const int column = texts + static_cast<int>(i); !statement.column_is_null(column))
            row.texts[i] = statement.column_text(column);
    return row;
}

class SqliteTarget final : public ImportTarget {
public:
    explicit SqliteTarget(sqlite::Database &&database)
        : database_(std::move(database)), writer_(database_), rows_(database_, rows_sql) {}

    std::int64_t last_id() override { return database_.number("SELECT max(id) FROM inet_log").value_or(0); }

    std::vector<KnownRow> rows(std::int64_t from_usec, std::int64_t to_usec) override {
        const std::string from = format_utc(std::max<std::int64_t>(from_usec, 0)),
                          to = format_utc(std::min(to_usec, latest_time_usec));
        rows_.bind(1, from).bind(2, to);
        std::vector<KnownRow> found;
        while (rows_.step())
            found.push_back(row_of(rows_));
        rows_.reset();
        return found;
    }

    std::uint64_t store(const Batch &batch, Origin from) override {
        writer_.import(batch, name_of(from));
        return batch.events.size();
    }

private:
    sqlite::Database database_;
    SqliteWriter writer_;
    sqlite::Statement rows_;
};

} // namespace

std::unique_ptr<ImportTarget> import_into_sqlite(sqlite::Database &&database) {
    return std::make_unique<SqliteTarget>(std::move(database));
}

} // namespace iptracking
