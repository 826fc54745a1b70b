// SPDX-License-Identifier: GPL-2.0-or-later
// How much was moved, by whom.
#include "event/stored_text.h"
#include "query/conditions.h"
#include "query/count_columns.h"
#include "query/counts.h"
#include "query/local_time.h"
#include "query/questions.h"
#include "query/spool.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace iptracking {
namespace {

template <class... Keys> constexpr auto with_sums(const Keys &...keys) {
    return std::array{keys...,
                      column::sessions,
                      Column{"rx_bytes", "RECEIVED", Kind::bytes},
                      Column{"tx_bytes", "SENT", Kind::bytes},
                      Column{"bytes", "BYTES", Kind::bytes},
                      Column{"rx_packets", "RX PACKETS", Kind::number, Need::detail},
                      Column{"tx_packets", "TX PACKETS", Kind::number, Need::detail},
                      column::first,
                      column::last};
}
constexpr Column user_column{"user", "USER", Kind::text};
constexpr auto by_users = with_sums(user_column);
constexpr auto by_days = with_sums(Column{"day", "DAY", Kind::text}, user_column);
constexpr auto by_addresses = with_sums(Column{"address", "ADDRESS", Kind::address});
constexpr auto by_nets = with_sums(Column{"net", "NET", Kind::address});
constexpr auto by_hosts = with_sums(Column{"host", "HOST", Kind::text});
constexpr auto by_nothing = with_sums();

/// Of more it takes longer to look each up than to read all sessions.
constexpr std::int64_t most_processes = 10'000;

std::int64_t number_in(const Cell &cell) {
    const auto *known = std::get_if<std::int64_t>(&cell);
    return known ? *known : 0;
}

/// What gives them, as pieces of SELECT.
std::string sums_of_moved(const Dialect &dialect, const char *sessions) {
    std::string sums = sessions;
    for (const char *counter : {"rx_bytes", "tx_bytes", "rx_packets", "tx_packets"})
        sums.append(", CAST(sum(").append(counter).append(") AS bigint)");
    return sums + ", " + dialect.time("min(a)") + ", " + dialect.time("max(a)");
}

/// The sums of a row, as they arrive.
struct MovedSums {
    static constexpr std::array kinds{Kind::number, Kind::bytes, Kind::bytes, Kind::number,
                                      Kind::number, Kind::time,  Kind::time};

    std::int64_t sessions = 0, rx_bytes = 0, tx_bytes = 0, rx_packets = 0, tx_packets = 0;
    Cell first{}, last{};

    MovedSums() = default;
    MovedSums(const Row &row, std::size_t at)
        : sessions(number_in(row[at])), rx_bytes(number_in(row[at + 1])), tx_bytes(number_in(row[at + 2])),
          rx_packets(number_in(row[at + 3])), tx_packets(number_in(row[at + 4])), first(row[at + 5]),
          last(row[at + 6]) {}

    void add(const MovedSums &other) {
        sessions += other.sessions;
        rx_bytes += other.rx_bytes;
        tx_bytes += other.tx_bytes;
        rx_packets += other.rx_packets;
        tx_packets += other.tx_packets;
        first = first.index() == 0 ? other.first : std::min(first, other.first);
        last = std::max(last, other.last);
    }
    std::int64_t bytes() const noexcept { return rx_bytes + tx_bytes; }
    void append_to(Row &row) const {
        row.insert(row.end(), {sessions, rx_bytes, tx_bytes, bytes(), rx_packets, tx_packets, first, last});
    }
};

std::string key_of(const Dialect &dialect, const TrafficSums &sums) {
    switch (sums.by) {
    case TrafficBy::addresses:
        return "l.src_ipaddr";
    case TrafficBy::nets:
        return dialect.net("l.src_ipaddr", sums.prefix, sums.prefix6);
    case TrafficBy::hosts:
        return "l.host";
    case TrafficBy::total:
        return "1";
    default:
        return "l.uid";
    }
}

bool is_of_sessions(const Selection &selection, TrafficBy by) {
    return by == TrafficBy::users || by == TrafficBy::days || !selection.users.any_of.empty();
}

/// Where to pair sessions costs much: which processes may have moved something in that time.
std::optional<std::string> processes_of(AskedDatabase &database, const Selection &selection) {
    const Dialect &dialect = database.dialect();
    if (!dialect.pairs_sessions_anew() || (!selection.since_usec && !selection.until_usec))
        return std::nullopt;
    Selection times{.since_usec = selection.since_usec, .until_usec = selection.until_usec};
    Sql sql("SELECT DISTINCT l.sshd_pid FROM inet_log AS l WHERE (");
    sql << dialect.is_event("l.log_event", "open_session") << " OR " << dialect.is_event("l.log_event", "close_session")
        << ") AND l.rx_bytes IS NOT NULL AND l.sshd_pid IS NOT NULL AND " << time_conditions_of(times, dialect, sql);
    sql << " UNION SELECT o.sshd_pid FROM sample AS l JOIN inet_log AS o ON o.id = l.open_id WHERE o.sshd_pid IS NOT "
           "NULL AND "
        << time_conditions_of(times, dialect, sql);
    sql << " LIMIT " << sql.value(most_processes + 1);
    constexpr std::array kinds{Kind::number};
    std::string list;
    std::int64_t number = 0;
    database.ask(sql, kinds, [&](const Row &row) {
        list.append(list.empty() ? "" : ",").append(std::to_string(number_in(row[0])));
        ++number;
        return true;
    });
    return number <= most_processes ? std::optional{"{" + list + "}"} : std::nullopt;
}

/// Rows to be summed up: k (key), a (when), b (when the session was counted before, if that is in the time that is
/// asked for), rx_bytes tx_bytes rx_packets tx_packets.
std::string moved_rows(AskedDatabase &database, Sql &sql, const Selection &selection, const TrafficSums &sums) {
    const Dialect &dialect = database.dialect();
    const MovedBy what = is_of_sessions(selection, sums.by) ? MovedBy::sessions : MovedBy::all;
    const std::string from = dialect.moved(sql, selection, what, processes_of(database, selection));
    const std::string before =
        selection.since_usec
            ? "CASE WHEN l.before >= " + dialect.time_value(sql, *selection.since_usec) + " THEN l.before END"
            : "l.before";
    return "(SELECT " + key_of(dialect, sums) + " AS k, l.log_date AS a, " + before +
           " AS b, l.rx_bytes, l.tx_bytes, l.rx_packets, l.tx_packets FROM " + from + " WHERE " +
           conditions_of(selection, dialect, sql) + ") AS counted WHERE k IS NOT NULL";
}

Cell shown_key(Cell key) {
    if (auto *user = std::get_if<std::string>(&key); user && *user == empty_user_text)
        user->clear();
    return key;
}

/// Quarters of an hour, of which the days of all zones are made.  A session counts on each day.
void ask_days(AskedDatabase &database, const Selection &selection, const TrafficSums &wanted, const RowSink &sink) {
    const Dialect &dialect = database.dialect();
    Sql sql;
    const std::string rows = moved_rows(database, sql, selection, wanted);
    const std::string quarter = dialect.quarter("a"), before = dialect.quarter("b");
    sql << "SELECT k, " << before << ", " << sums_of_moved(dialect, "count(*)") << " FROM " << rows << " GROUP BY k, "
        << quarter << ", " << before;
    std::vector<Kind> kinds{Kind::text, Kind::time};
    kinds.insert(kinds.end(), MovedSums::kinds.begin(), MovedSums::kinds.end());
    using Key = std::pair<std::string, std::string>;
    std::map<Key, MovedSums> days;
    database.ask(sql, kinds, [&](const Row &row) {
        MovedSums sums(row, 2);
        const std::string day = local_day(number_in(sums.first), wanted.utc);
        if (row[1].index() != 0 && local_day(number_in(row[1]), wanted.utc) == day)
            sums.sessions = 0; // counted on this day already
        days[{day, std::get<std::string>(row[0])}].add(sums);
        return true;
    });
    std::vector<const std::pair<const Key, MovedSums> *> order;
    order.reserve(days.size());
    for (const auto &day : days)
        order.push_back(&day);
    std::stable_sort(order.begin(), order.end(), [](const auto *one, const auto *other) {
        return one->first.first != other->first.first ? one->first.first < other->first.first
                                                      : one->second.bytes() > other->second.bytes();
    });
    const auto first = wanted.limit && static_cast<std::size_t>(*wanted.limit) < order.size()
                           ? order.size() - static_cast<std::size_t>(*wanted.limit)
                           : 0;
    for (std::size_t i = first; i < order.size(); ++i) {
        Row row{order[i]->first.first, shown_key(order[i]->first.second)};
        order[i]->second.append_to(row);
        if (!sink(row))
            return;
    }
}

void ask_sums(AskedDatabase &database, const Selection &selection, const TrafficSums &wanted, const RowSink &sink) {
    const Dialect &dialect = database.dialect();
    Sql sql;
    const std::string rows = moved_rows(database, sql, selection, wanted);
    const bool is_total = wanted.by == TrafficBy::total;
    const bool is_address = wanted.by == TrafficBy::addresses || wanted.by == TrafficBy::nets;
    const std::string key = is_address ? dialect.address("k") : "k";
    sql << "SELECT " << key << ", " << sums_of_moved(dialect, "count(*) - count(b)") << " FROM " << rows
        << " GROUP BY k ORDER BY sum(rx_bytes) + sum(tx_bytes) DESC, max(a) DESC, ";
    sql << (is_total ? key : dialect.in_order(key));
    if (wanted.limit)
        sql << " LIMIT " << sql.value(*wanted.limit);
    std::vector<Kind> kinds{is_total ? Kind::number : traffic_columns(wanted.by)[0].kind};
    kinds.insert(kinds.end(), MovedSums::kinds.begin(), MovedSums::kinds.end());
    ask_at_leisure(database, sql, kinds, [&](const Row &asked) {
        Row row;
        if (!is_total)
            row.push_back(shown_key(asked[0]));
        MovedSums(asked, 1).append_to(row);
        return sink(row);
    });
}

} // namespace

std::span<const Column> traffic_columns(TrafficBy by) {
    switch (by) {
    case TrafficBy::users:
        return by_users;
    case TrafficBy::days:
        return by_days;
    case TrafficBy::addresses:
        return by_addresses;
    case TrafficBy::nets:
        return by_nets;
    case TrafficBy::hosts:
        return by_hosts;
    default:
        return by_nothing;
    }
}

void ask_traffic(AskedDatabase &database, const Selection &wanted, const TrafficSums &sums, const RowSink &sink) {
    const Selection selection = without_needless_times(database, wanted);
    if (sums.by == TrafficBy::days)
        ask_days(database, selection, sums, sink);
    else
        ask_sums(database, selection, sums, sink);
}

} // namespace iptracking
