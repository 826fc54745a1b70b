// SPDX-License-Identifier: GPL-2.0-or-later
// The first success of a user from an address.
#include "event/stored_text.h"
#include "query/conditions.h"
#include "query/questions.h"
#include "query/spool.h"

#include <vector>

namespace iptracking {
namespace {

constexpr Column columns[] = {
    {"time", "TIME", Kind::time},
    {"user", "USER", Kind::text},
    {"source", "SOURCE", Kind::address},
    {"destination", "DESTINATION", Kind::address, Need::lesser},
    {"service", "SERVICE", Kind::text, Need::lesser},
    {"host", "HOST", Kind::text, Need::lesser},
    {"id", "ID", Kind::number, Need::detail},
};
constexpr std::size_t user_column = 1;

} // namespace

std::span<const Column> new_columns() {
    return columns;
}

void ask_new(AskedDatabase &database, const Selection &selection, std::optional<std::int64_t> limit,
             const RowSink &sink) {
    const Dialect &dialect = database.dialect();
    Sql sql;
    const std::string pairs = dialect.first_successes(sql, selection);
    sql << "SELECT " << dialect.time("l.log_date") << ", l.uid, " << dialect.address("l.src_ipaddr") << ", "
        << dialect.address("l.dst_ipaddr") << ", l.service, l.host, l.id FROM " << pairs << " WHERE "
        << conditions_of(selection, dialect, sql) << " ORDER BY l.log_date DESC, l.id DESC";
    if (limit)
        sql << " LIMIT " << sql.value(*limit);
    std::vector<Kind> kinds;
    for (const Column &column : columns)
        kinds.push_back(column.kind);
    ask_at_leisure(database, sql, kinds, [&](const Row &asked) {
        Row row = asked;
        if (row[user_column] == Cell{std::string(empty_user_text)})
            row[user_column] = std::string();
        return sink(row);
    });
}

} // namespace iptracking
