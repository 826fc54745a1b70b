// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions, and what became of them.
#include "event/event.h"
#include "event/stored_text.h"
#include "query/conditions.h"
#include "query/counts.h"
#include "query/list.h"
#include "query/questions.h"
#include "query/session_rows.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr Column columns[] = {
    {"user", "USER", Kind::text},
    {"source", "SOURCE", Kind::address},
    {"source_port", "SPORT", Kind::number, Need::detail},
    {"tty", "TTY", Kind::text, Need::lesser},
    {"service", "SERVICE", Kind::text, Need::lesser},
    {"host", "HOST", Kind::text, Need::lesser},
    {"start", "START", Kind::time},
    {"end", "END", Kind::time},
    {"duration", "DURATION", Kind::duration},
    {"state", "STATE", Kind::text},
    {"pid", "PID", Kind::number, Need::lesser},
    {"destination", "DESTINATION", Kind::address, Need::detail},
    {"destination_port", "DPORT", Kind::number, Need::detail},
    {"rhost", "RHOST", Kind::text, Need::detail},
    {"origin", "ORIGIN", Kind::text, Need::detail},
    {"method", "METHOD", Kind::text, Need::lesser},
    {"key", "KEY", Kind::text, Need::lesser},
    {"cert_id", "CERTIFICATE", Kind::text, Need::detail},
    {"cert_serial", "SERIAL", Kind::text, Need::detail},
    {"cert_ca", "CA", Kind::text, Need::detail},
    {"rx_bytes", "RECEIVED", Kind::bytes, Need::detail},
    {"tx_bytes", "SENT", Kind::bytes, Need::detail},
    {"id", "ID", Kind::number, Need::detail},
};
enum At : std::size_t { user, source, source_port, tty, service, host, start, end, duration, state, pid, id = 22 };

std::int64_t number_at(const Row &row, std::size_t at) {
    const auto *known = std::get_if<std::int64_t>(&row[at]);
    return known ? *known : 0;
}

/// Fills in duration and state; the database gave the flags in the place of the duration.
void finish(Row &row, const ThisHost &this_host) {
    if ((number_at(row, duration) & flag::empty_user) && row[user] == Cell{std::string(empty_user_text)})
        row[user] = std::string();
    row[duration] = row[end].index() != 0 ? Cell{number_at(row, end) - number_at(row, start)} : Cell{};
    session_rows::finish_state(row, {.host = host, .start = start, .end = end, .state = state, .pid = pid}, this_host);
}

List list_of(AskedDatabase &database, const Selection &wanted, Sessions which, const ThisHost &this_host) {
    const Dialect &dialect = database.dialect();
    List list;
    list.selection = wanted;
    const SessionsBy by = which == Sessions::open ? SessionsBy::open : sessions_by(wanted);
    list.select = [&dialect, which, by](Sql &sql, const Selection &selection) {
        const SessionRows rows = dialect.sessions(sql, selection, by);
        sql << "SELECT l.uid, " << dialect.address("l.src_ipaddr") << ", l.src_port, l.tty, l.service, l.host, "
            << dialect.time("l.log_date") << ", " << dialect.time(rows.end) << ", l.flags, " << session_rows::gone()
            << ", l.sshd_pid, " << dialect.address("l.dst_ipaddr")
            << ", l.dst_port, l.rhost, l.origin, l.auth_method, l.auth_key, l.cert_id, l.cert_serial, l.cert_ca, "
            << dialect.counter("rx_bytes") << ", " << dialect.counter("tx_bytes") << ", l.id FROM " << rows.from
            << " WHERE " << dialect.is_event("l.log_event", "open_session")
            << (which == Sessions::open ? " AND s.close_id IS NULL AND " : " AND ")
            << conditions_of(selection, dialect, sql);
    };
    for (const Column &column : columns)
        list.kinds.push_back(column.kind);
    list.time = start;
    list.id = id;
    list.at_once = dialect.pairs_sessions_anew();
    list.finish = [&this_host](Row &row) { finish(row, this_host); };
    return list;
}

/// Of sessions whose state is known only here.
void read_filtered(AskedDatabase &database, const List &list, const Extent &extent, Sessions which,
                   const RowSink &sink) {
    const auto wanted = [&](const Row &row) {
        return (row[state] == Cell{std::string("open")}) == (which == Sessions::open);
    };
    if (!extent.limit)
        return read_list(database, list, extent, [&](const Row &row) { return !wanted(row) || sink(row); });
    std::vector<Row> newest;
    std::int64_t left = *extent.limit;
    const bool at_once = extent.order == Order::newest_first;
    if (left > 0)
        read_list(database, list, {.order = Order::newest_first}, [&](const Row &row) {
            if (!wanted(row))
                return true;
            if (at_once && !sink(row))
                return false;
            if (!at_once)
                newest.push_back(row);
            return --left > 0;
        });
    for (auto row = newest.rbegin(); row != newest.rend() && sink(*row); ++row) {
    }
}

} // namespace

std::span<const Column> sessions_columns() {
    return columns;
}

void ask_sessions(AskedDatabase &database, const Selection &wanted, const Extent &extent, Sessions which,
                  const RowSink &sink) {
    const ThisHost this_host;
    const Selection selection = narrowed(database, wanted);
    const List list = list_of(database, selection, which, this_host);
    if (which == Sessions::all)
        read_list(database, list, extent, sink);
    else
        read_filtered(database, list, extent, which, sink);
}

} // namespace iptracking
