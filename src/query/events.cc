// SPDX-License-Identifier: GPL-2.0-or-later
// The list of events.
#include "event/event.h"
#include "event/stored_text.h"
#include "query/conditions.h"
#include "query/counts.h"
#include "query/event_rows.h"
#include "query/list.h"
#include "query/questions.h"

namespace iptracking {
namespace {

constexpr Column event_columns[] = {
    {"time", "TIME", Kind::time},
    {"event", "EVENT", Kind::text},
    {"outcome", "OUTCOME", Kind::text},
    {"user", "USER", Kind::text},
    {"source", "SOURCE", Kind::address},
    {"source_port", "SPORT", Kind::number, Need::lesser},
    {"destination", "DESTINATION", Kind::address, Need::lesser},
    {"destination_port", "DPORT", Kind::number, Need::lesser},
    {"service", "SERVICE", Kind::text, Need::lesser},
    {"tty", "TTY", Kind::text, Need::lesser},
    {"host", "HOST", Kind::text, Need::lesser},
    {"pid", "PID", Kind::number, Need::lesser},
    {"ruser", "RUSER", Kind::text, Need::detail},
    {"rhost", "RHOST", Kind::text, Need::detail},
    {"origin", "ORIGIN", Kind::text, Need::detail},
    {"flags", "FLAGS", Kind::number, Need::detail},
    {"method", "METHOD", Kind::text, Need::detail},
    {"key", "KEY", Kind::text, Need::detail},
    {"cert_id", "CERTIFICATE", Kind::text, Need::detail},
    {"cert_serial", "SERIAL", Kind::text, Need::detail},
    {"cert_ca", "CA", Kind::text, Need::detail},
    {"rx_bytes", "RECEIVED", Kind::bytes, Need::detail},
    {"tx_bytes", "SENT", Kind::bytes, Need::detail},
    {"rx_packets", "RX PACKETS", Kind::number, Need::detail},
    {"tx_packets", "TX PACKETS", Kind::number, Need::detail},
    {"id", "ID", Kind::number, Need::detail},
};
constexpr std::size_t user_column = 3, flags_column = 15;

} // namespace

std::string event_rows::columns(const Dialect &dialect) {
    return dialect.time("l.log_date") + ", " + dialect.event("l.log_event") + ", l.outcome, l.uid, " +
           dialect.address("l.src_ipaddr") + ", l.src_port, " + dialect.address("l.dst_ipaddr") +
           ", l.dst_port, l.service, l.tty, l.host, l.sshd_pid, l.ruser, l.rhost, l.origin, l.flags, "
           "l.auth_method, l.auth_key, l.cert_id, l.cert_serial, l.cert_ca, l.rx_bytes, l.tx_bytes, l.rx_packets, "
           "l.tx_packets, l.id";
}

const std::vector<Kind> &event_rows::kinds() {
    static const std::vector<Kind> all = [] {
        std::vector<Kind> kinds;
        for (const Column &column : event_columns)
            kinds.push_back(column.kind);
        return kinds;
    }();
    return all;
}

void event_rows::finish(Row &row) {
    const auto *flags = std::get_if<std::int64_t>(&row[flags_column]);
    auto *user = std::get_if<std::string>(&row[user_column]);
    if (flags && user && (*flags & flag::empty_user) && *user == empty_user_text)
        user->clear();
}

std::span<const Column> events_columns() {
    return event_columns;
}

void ask_events(AskedDatabase &database, const Selection &wanted, const Extent &extent, const RowSink &sink) {
    const Dialect &dialect = database.dialect();
    List list;
    list.selection = narrowed(database, wanted);
    list.select = [&dialect](Sql &sql, const Selection &selection) {
        sql << "SELECT " << event_rows::columns(dialect) << " FROM inet_log AS l WHERE "
            << conditions_of(selection, dialect, sql);
    };
    list.kinds = event_rows::kinds();
    list.time = event_rows::time;
    list.id = event_rows::id;
    list.finish = event_rows::finish;
    read_list(database, list, extent, sink);
}

} // namespace iptracking
