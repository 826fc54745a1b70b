// SPDX-License-Identifier: GPL-2.0-or-later
// The list of events, and those that come while somebody looks.
#include "event/event.h"
#include "event/stored_text.h"
#include "query/conditions.h"
#include "query/list.h"
#include "query/questions.h"

namespace iptracking {
namespace {

constexpr Column columns[] = {
    {"time", "TIME", Kind::time},
    {"event", "EVENT", Kind::text},
    {"outcome", "OUTCOME", Kind::text},
    {"user", "USER", Kind::text},
    {"source", "SOURCE", Kind::address},
    {"source_port", "PORT", Kind::number},
    {"destination", "DESTINATION", Kind::address},
    {"destination_port", "PORT", Kind::number},
    {"service", "SERVICE", Kind::text},
    {"tty", "TTY", Kind::text},
    {"host", "HOST", Kind::text},
    {"pid", "PID", Kind::number},
    {"ruser", "RUSER", Kind::text, true},
    {"rhost", "RHOST", Kind::text, true},
    {"origin", "ORIGIN", Kind::text, true},
    {"flags", "FLAGS", Kind::number, true},
    {"id", "ID", Kind::number, true},
};
constexpr std::size_t time_column = 0, user_column = 3, flags_column = 15, id_column = 16;

std::string columns_of(const Dialect &dialect) {
    return dialect.time("l.log_date") + ", " + dialect.event("l.log_event") + ", l.outcome, l.uid, " +
           dialect.address("l.src_ipaddr") + ", l.src_port, " + dialect.address("l.dst_ipaddr") +
           ", l.dst_port, l.service, l.tty, l.host, l.sshd_pid, l.ruser, l.rhost, l.origin, l.flags, l.id";
}

/// What was typed, where that was nothing.
void give_back_empty_user(Row &row) {
    const auto *flags = std::get_if<std::int64_t>(&row[flags_column]);
    auto *user = std::get_if<std::string>(&row[user_column]);
    if (flags && user && (*flags & flag::empty_user) && *user == empty_user_text)
        user->clear();
}

List list_of(AskedDatabase &database, const Selection &selection) {
    const Dialect &dialect = database.dialect();
    List list;
    list.select = [&dialect, selection](Sql &sql) {
        sql << "SELECT " << columns_of(dialect) << " FROM inet_log AS l WHERE ";
        sql << conditions_of(selection, dialect, sql);
    };
    for (const Column &column : columns)
        list.kinds.push_back(column.kind);
    list.time = time_column;
    list.id = id_column;
    list.finish = give_back_empty_user;
    return list;
}

} // namespace

std::span<const Column> events_columns() {
    return columns;
}

void ask_events(AskedDatabase &database, const Selection &selection, const Extent &extent, const RowSink &sink) {
    read_list(database, list_of(database, selection), extent, sink);
}

} // namespace iptracking
