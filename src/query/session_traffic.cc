// SPDX-License-Identifier: GPL-2.0-or-later
// What sessions moved.
#include "event/stored_text.h"
#include "query/conditions.h"
#include "query/counts.h"
#include "query/list.h"
#include "query/session_rows.h"

namespace iptracking {
namespace {

constexpr Column columns[] = {
    {"user", "USER", Kind::text},
    {"source", "SOURCE", Kind::address},
    {"source_port", "SPORT", Kind::number, Need::detail},
    {"service", "SERVICE", Kind::text, Need::lesser},
    {"host", "HOST", Kind::text, Need::lesser},
    {"start", "START", Kind::time},
    {"end", "END", Kind::time, Need::lesser},
    {"state", "STATE", Kind::text},
    {"pid", "PID", Kind::number, Need::detail},
    {"method", "METHOD", Kind::text, Need::lesser},
    {"key", "KEY", Kind::text, Need::detail},
    {"rx_bytes_before", "RX BEFORE", Kind::bytes, Need::lesser},
    {"tx_bytes_before", "TX BEFORE", Kind::bytes, Need::lesser},
    {"rx_bytes_during", "RX DURING", Kind::bytes, Need::lesser},
    {"tx_bytes_during", "TX DURING", Kind::bytes, Need::lesser},
    {"rx_bytes", "RECEIVED", Kind::bytes},
    {"tx_bytes", "SENT", Kind::bytes},
    {"sample", "SAMPLE", Kind::time, Need::detail},
    {"id", "ID", Kind::number, Need::detail},
};
enum At : std::size_t { user, host = 4, start, end, state, pid, id = 18 };

} // namespace

std::span<const Column> session_traffic_columns() {
    return columns;
}

void ask_session_traffic(AskedDatabase &database, const Selection &wanted, const Extent &extent, const RowSink &sink) {
    const ThisHost this_host;
    const Dialect &dialect = database.dialect();
    List list;
    list.selection = narrowed(database, wanted);
    list.select = [&dialect, by = sessions_by(list.selection)](Sql &sql, const Selection &selection) {
        const SessionRows rows = dialect.sessions(sql, selection, by);
        const std::string received = dialect.counter("rx_bytes"), sent = dialect.counter("tx_bytes");
        sql << "SELECT l.uid, " << dialect.address("l.src_ipaddr") << ", l.src_port, l.service, l.host, "
            << dialect.time("l.log_date") << ", " << dialect.time(rows.end) << ", " << session_rows::gone()
            << ", l.sshd_pid, l.auth_method, l.auth_key, l.rx_bytes, l.tx_bytes, " << received << " - l.rx_bytes, "
            << sent << " - l.tx_bytes, " << received << ", " << sent << ", "
            << dialect.time("(SELECT max(log_date) FROM sample WHERE open_id = s.open_id)") << ", l.id FROM "
            << rows.from << " WHERE " << dialect.is_event("l.log_event", "open_session") << " AND " << received
            << " IS NOT NULL AND " << conditions_of(selection, dialect, sql);
    };
    for (const Column &column : columns)
        list.kinds.push_back(column.kind);
    list.time = start;
    list.id = id;
    list.at_once = dialect.pairs_sessions_anew();
    list.finish = [&this_host](Row &row) {
        if (row[user] == Cell{std::string(empty_user_text)})
            row[user] = std::string();
        session_rows::finish_state(row, {.host = host, .start = start, .end = end, .state = state, .pid = pid},
                                   this_host);
    };
    read_list(database, list, extent, sink);
}

} // namespace iptracking
