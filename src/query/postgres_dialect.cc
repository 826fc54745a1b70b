// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/postgres_dialect.h"

#include "event/timestamp.h"
#include "query/selection.h"
#include "query/sql.h"

#include <algorithm>

namespace iptracking {
namespace {

/// Within which a success has to follow its attempt, as in the view failures.
constexpr std::int64_t longest_login_usec = 86'400'000'000;

/// So that a hash finds them: what events of one connection have in common at least.
std::string connection_of(const std::string &alias) {
    return "coalesce(" + alias + ".src_ipaddr, '::'), coalesce(" + alias + ".src_port, -" + alias + ".sshd_pid, 0)";
}

class PostgresDialect final : public Dialect {
public:
    bool has_summaries() const noexcept override { return false; }

    std::string time(std::string_view column) const override {
        return "(date_part('epoch', " + std::string(column) + ") * 1000000)::bigint"; // extract() gives a slow numeric
    }
    std::string address(std::string_view column) const override { return "abbrev(" + std::string(column) + ")"; }
    std::string event(std::string_view column) const override { return std::string(column); }
    std::string net(std::string_view address, int prefix, int prefix6) const override {
        const std::string a(address); // maybe a net itself, where the rest was to be forgotten
        return "network(set_masklen(" + a + ", least(masklen(" + a + "), CASE family(" + a + ") WHEN 4 THEN " +
               std::to_string(prefix) + " ELSE " + std::to_string(prefix6) + " END)))::inet";
    }
    std::string quarter(std::string_view column) const override {
        return "(floor(date_part('epoch', " + std::string(column) + ") / 900) * 900000000)::bigint";
    }
    std::string in_order(std::string_view text) const override { return std::string(text) + " COLLATE \"C\""; }

    std::string is_event(std::string_view column, std::string_view name) const override {
        return std::string(column) + " = '" + std::string(name) + "'";
    }
    std::string is_like(Sql &sql, std::string_view column, std::string_view pattern) const override {
        std::string like;
        for (const char c : pattern) {
            if (c == '%' || c == '_' || c == '\\')
                like += '\\';
            like += c == '*' ? '%' : c == '?' ? '_' : c;
        }
        return std::string(column) + " LIKE " + sql.value(like);
    }
    std::string holds(Sql &sql, std::string_view text, std::string_view part) const override {
        return "strpos(" + std::string(text) + ", " + sql.value(std::string(part)) + ") > 0";
    }
    std::string is_in(Sql &sql, std::string_view column, const Net &net) const override {
        return std::string(column) + (net.bits == 128 ? " = " : " <<= ") + sql.value(net.to_string()) + "::inet";
    }
    std::string failed() const override {
        return "EXISTS (SELECT FROM failures AS f WHERE f.id = l.id AND f.log_date = l.log_date)";
    }
    CountedRows counted_rows(Sql &sql, const Selection &selection) const override;
    std::string first_successes(Sql &sql, const Selection &selection) const override;
    SessionRows sessions(Sql &sql, const Selection &selection, SessionsBy) const override {
        std::string which = "session";
        if (selection.since_usec) {
            which = "sessions(" + time_value(sql, *selection.since_usec);
            which += selection.until_usec ? ", " + time_value(sql, *selection.until_usec) + ")" : ")";
        }
        return {which + " AS s JOIN inet_log AS l ON l.id = s.open_id AND l.log_date = s.start_date", "s.end_date"};
    }
    std::string counter(std::string_view name) const override {
        const std::string counter(name); // as questions of their own, which are asked of the rows alone that are shown
        return "coalesce((SELECT c." + counter +
               " FROM inet_log AS c WHERE c.id = s.close_id AND c.log_date = s.end_date), (SELECT " + counter +
               " FROM sample WHERE open_id = s.open_id ORDER BY log_date DESC LIMIT 1), l." + counter + ")";
    }
    std::string moved(Sql &sql, const Selection &selection, MovedBy what,
                      const std::optional<std::string> &processes) const override;
    std::string session_keys(const Selection &) const override {
        return "inet_log AS l CROSS JOIN LATERAL unnest(string_to_array(l.auth_key, ',')) AS k (auth_key)";
    }
    bool pairs_sessions_anew() const noexcept override { return true; }
    bool ids_rise_in_order() const noexcept override { return false; }

    std::string time_value(Sql &sql, std::int64_t usec) const override {
        return sql.value(format_utc(std::clamp<std::int64_t>(usec, 0, latest_time_usec))) + "::timestamptz";
    }

private:
    /// `longer`: so much after it, too; `before`: so much before it.
    std::string times(Sql &sql, const std::string &alias, const Selection &selection, std::int64_t longer,
                      std::int64_t before = 0) const {
        std::string text;
        if (selection.since_usec)
            text += " AND " + alias + ".log_date >= " + time_value(sql, *selection.since_usec - before);
        if (selection.until_usec)
            text += " AND " + alias + ".log_date < " + time_value(sql, *selection.until_usec + longer);
        return text;
    }
    /// Where attempts and successes of the selection may be; a connection has one source.
    std::string place(Sql &sql, const std::string &alias, const Selection &selection) const {
        std::string nets;
        for (const Net &net : selection.from.any_of)
            nets += (nets.empty() ? "" : " OR ") + is_in(sql, alias + ".src_ipaddr", net);
        return times(sql, alias, selection, longest_login_usec) + (nets.empty() ? "" : " AND (" + nets + ")");
    }
};

/// An attempt succeeded that stands right before a success on the same connection.  All at once: by the view each
/// attempt is looked up by itself, which takes a minute for a million.
CountedRows PostgresDialect::counted_rows(Sql &sql, const Selection &selection) const {
    const std::string with =
        "WITH won AS MATERIALIZED (SELECT attempt_id FROM (SELECT l.outcome, l.sshd_pid, lag(l.id) OVER c AS "
        "attempt_id, "
        "lag(l.outcome) OVER c AS before, lag(l.sshd_pid) OVER c AS pid_before FROM inet_log AS l "
        "WHERE l.log_event = 'auth'" +
        place(sql, "l", selection) + " AND (" + connection_of("l") + ") IN (SELECT " + connection_of("w") +
        " FROM inet_log AS w WHERE w.outcome = 'success'" + place(sql, "w", selection) +
        ") WINDOW c AS (PARTITION BY l.host, l.src_ipaddr, l.src_port, l.dst_ipaddr, l.dst_port, "
        "CASE WHEN l.src_port IS NULL THEN l.sshd_pid END, CASE WHEN l.src_port IS NULL THEN l.service END "
        "ORDER BY l.id)) AS x WHERE outcome = 'success' AND before = 'attempt' "
        "AND (sshd_pid = pid_before) IS NOT FALSE) ";
    return {with, "inet_log AS l LEFT JOIN won ON won.attempt_id = l.id",
            "(l.outcome = 'failure' OR (l.outcome = 'attempt' AND won.attempt_id IS NULL))"};
}

/// The view `traffic`, of the sessions of these processes alone.
std::string PostgresDialect::moved(Sql &sql, const Selection &selection, MovedBy what,
                                   const std::optional<std::string> &processes) const {
    // Nothing is joined with the pairs but what has an index: how many these are PostgreSQL guesses badly.
    const std::string opened = "s.open_id, s.uid, s.src_ipaddr, s.dst_ipaddr, s.service, s.host, s.auth_key, ";
    const auto reading = [&](const std::string &of) {
        return "SELECT " + opened + of + ".log_date, " + of + ".rx_bytes, " + of + ".tx_bytes, " + of +
               ".rx_packets, " + of + ".tx_packets FROM s";
    };
    std::string text = "(WITH s AS MATERIALIZED (SELECT s.open_id, s.close_id, s.end_date, o.* FROM session AS s JOIN "
                       "inet_log AS o ON o.id = s.open_id AND o.log_date = s.start_date";
    if (processes) // what sessions are paired by, so it reaches the rows
        text += " WHERE s.sshd_pid = ANY (" + sql.value(*processes) + "::integer[]) OR s.sshd_pid IS NULL";
    text +=
        "), reading AS (" + reading("s") + " WHERE s.rx_bytes IS NOT NULL UNION ALL " + reading("p") +
        " JOIN sample AS p ON p.open_id = s.open_id UNION ALL " + reading("c") +
        " JOIN inet_log AS c ON c.id = s.close_id AND c.log_date = s.end_date WHERE c.rx_bytes IS NOT NULL) "
        "SELECT s.log_date, lag(s.log_date) OVER c AS before, s.uid, s.src_ipaddr, s.dst_ipaddr, s.service, s.host, "
        "s.auth_key";
    for (const std::string counter : {"rx_bytes", "tx_bytes", "rx_packets", "tx_packets"})
        text.append(", s.")
            .append(counter)
            .append(" - coalesce(lag(s.")
            .append(counter)
            .append(") OVER c, 0) AS ")
            .append(counter);
    text += " FROM reading AS s WINDOW c AS (PARTITION BY s.open_id ORDER BY s.log_date, s.rx_bytes + s.tx_bytes)";
    if (what == MovedBy::all)
        text +=
            " UNION ALL SELECT max(l.log_date), NULL, NULL, l.src_ipaddr, l.dst_ipaddr, min(l.service), l.host, NULL, "
            "max(l.rx_bytes), max(l.tx_bytes), max(l.rx_packets), max(l.tx_packets) FROM inet_log AS l WHERE "
            "(l.log_event = 'open_session' OR (l.log_event = 'auth' AND l.rx_bytes IS NOT NULL))" +
            times(sql, "l", selection, longest_login_usec, longest_login_usec) +
            " GROUP BY l.host, l.sshd_pid, l.src_ipaddr, l.src_port, l.dst_ipaddr, l.dst_port, CASE WHEN l.src_port IS "
            "NULL THEN (l.log_date AT TIME ZONE 'UTC')::date END HAVING count(*) "
            "FILTER (WHERE l.log_event = 'open_session') = 0";
    return text + ") AS l";
}

std::string PostgresDialect::first_successes(Sql &sql, const Selection &selection) const {
    if (selection.since_usec) // few, each looked up by the index of the view
        return "(SELECT l.* FROM inet_log AS l JOIN new_user_addresses AS n ON n.id = l.id AND n.log_date = l.log_date"
               " WHERE true" +
               times(sql, "n", selection, 0) + ") AS l";
    const std::string successes = "outcome = 'success' AND uid IS NOT NULL AND src_ipaddr IS NOT NULL";
    std::string rows = "(SELECT DISTINCT ON (l.uid, l.src_ipaddr) * FROM inet_log AS l WHERE " + successes;
    if (selection.until_usec)
        rows += " AND l.log_date < " + time_value(sql, *selection.until_usec);
    return rows + " ORDER BY l.uid, l.src_ipaddr, l.log_date, l.id) AS l";
}

} // namespace

const Dialect &postgres_dialect() {
    static const PostgresDialect dialect;
    return dialect;
}

} // namespace iptracking
