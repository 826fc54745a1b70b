// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/sqlite_dialect.h"

#include "event/timestamp.h"
#include "query/conditions.h"
#include "query/selection.h"
#include "query/sql.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace iptracking {
namespace {

/// From the first attempt on a connection to its session, at most.
constexpr std::int64_t longest_login_usec = 86'400'000'000;
constexpr std::int64_t short_time_usec = std::int64_t{8} * 86'400'000'000; // a week, with its summer time
constexpr std::string_view events[] = {"unknown", "auth", "open_session", "close_session"}; // by inet_log.log_event

/// What the text of each address in the net begins with, as far as whole parts of it are the same.
std::string begin_of(const Net &net) {
    const auto &bytes = net.address.bytes;
    std::string text;
    if (net.address.is_v4()) {
        for (std::size_t i = 12; static_cast<int>(i + 1) * 8 <= net.bits; ++i)
            text += std::to_string(bytes[i]) + ".";
        return text;
    }
    for (std::size_t i = 0; static_cast<int>(i + 2) * 8 <= net.bits; i += 2) {
        char part[8];
        const unsigned value = bytes[i] * 256u + bytes[i + 1];
        if (value == 0) // may be left out, with others
            break;
        std::snprintf(part, sizeof(part), "%x:", value);
        text += part;
    }
    return text;
}

class SqliteDialect final : public Dialect {
public:
    bool has_summaries() const noexcept override { return true; }
    std::string time(std::string_view column) const override { return std::string(column); }
    std::string address(std::string_view column) const override { return std::string(column); }
    std::string event(std::string_view column) const override {
        std::string sql = "CASE " + std::string(column);
        for (std::size_t i = 0; i < std::size(events); ++i)
            sql += " WHEN " + std::to_string(i) + " THEN '" + std::string(events[i]) + "'";
        return sql + " END";
    }
    std::string net(std::string_view address, int prefix, int prefix6) const override {
        return "net_of(" + std::string(address) + ", " + std::to_string(prefix) + ", " + std::to_string(prefix6) + ")";
    }
    std::string quarter(std::string_view column) const override {
        const std::string date(column);
        return "substr(" + date + ", 1, 14) || substr('00153045', substr(" + date +
               ", 15, 2) / 15 * 2 + 1, 2) || ':00Z'";
    }
    std::string in_order(std::string_view text) const override { return std::string(text); }
    std::string failed() const override {
        return "l.log_event = 1 AND (l.outcome = 'failure' OR (l.outcome = 'attempt' AND NOT EXISTS "
               "(SELECT 1 FROM attempt_success WHERE attempt_id = l.id)))";
    }

    SessionRows sessions(Sql &sql, const Selection &selection, SessionsBy by) const override {
        // (CROSS JOIN: in this order, so by the index of open sessions, of keys, or by that on log_date.)
        std::string order = "inet_log AS l CROSS JOIN session AS s ON s.open_id = l.id";
        if (by == SessionsBy::open)
            order = "session AS s CROSS JOIN inet_log AS l ON l.id = s.open_id";
        if (by == SessionsBy::key)
            order = "(SELECT l.id FROM inet_log AS l WHERE l.auth_key IS NOT NULL AND l.log_event = 2 AND " +
                    key_conditions_of(selection, *this, sql, "l.auth_key") +
                    ") AS k CROSS JOIN inet_log AS l ON l.id = "
                    "k.id CROSS JOIN session AS s ON s.open_id = l.id";
        return {order + " LEFT JOIN inet_log AS c ON c.id = s.close_id", "c.log_date"};
    }
    std::string counter(std::string_view name) const override {
        const std::string counter(name);
        return "coalesce(c." + counter + ", (SELECT " + counter +
               " FROM sample WHERE open_id = s.open_id ORDER BY log_date DESC LIMIT 1), l." + counter + ")";
    }
    std::string moved(Sql &sql, const Selection &selection, MovedBy what,
                      const std::optional<std::string> &) const override;
    std::string session_keys(const Selection &selection) const override {
        // The index on log_date has all events of the time, that of keys those that a key let in, of all times.
        const bool by_date = selection.since_usec &&
                             selection.until_usec.value_or(now_usec()) - *selection.since_usec <= short_time_usec;
        return by_date ? "inet_log AS l CROSS JOIN session_key AS k ON k.id = l.id"
                       : "session_key AS k CROSS JOIN inet_log AS l ON l.id = k.id";
    }
    std::string first_successes(Sql &sql, const Selection &selection) const override {
        std::string pairs = "(SELECT * FROM user_addresses WHERE 1 = 1";
        if (selection.since_usec)
            pairs += " AND start_date >= " + time_value(sql, *selection.since_usec);
        if (selection.until_usec)
            pairs += " AND start_date < " + time_value(sql, *selection.until_usec);
        return pairs +
               ") AS p CROSS JOIN inet_log AS l ON l.id = (SELECT min(id) FROM inet_log WHERE log_date = p.start_date"
               " AND outcome = 'success' AND uid = p.uid AND src_ipaddr = p.src_ipaddr)";
    }
    bool pairs_sessions_anew() const noexcept override { return false; }
    bool ids_rise_in_order() const noexcept override { return true; }

    std::string time_value(Sql &sql, std::int64_t usec) const override {
        return sql.value(format_utc(std::clamp<std::int64_t>(usec, 0, latest_time_usec)));
    }
    std::string is_event(std::string_view column, std::string_view name) const override {
        const auto number = std::find(std::begin(events), std::end(events), name) - std::begin(events);
        return std::string(column) + " = " + std::to_string(number);
    }
    CountedRows counted_rows(Sql &, const Selection &) const override {
        return {"", "inet_log AS l LEFT JOIN attempt_success AS won ON won.attempt_id = l.id AND l.outcome = 'attempt'",
                "(l.outcome = 'failure' OR (l.outcome = 'attempt' AND won.attempt_id IS NULL))"};
    }
    std::string is_like(Sql &sql, std::string_view column, std::string_view pattern) const override {
        std::string glob;
        for (const char c : pattern)
            if (c == '[') // would begin a set
                glob += "[[]";
            else
                glob += c;
        return std::string(column) + " GLOB " + sql.value(glob);
    }
    std::string holds(Sql &sql, std::string_view text, std::string_view part) const override {
        return "instr(" + std::string(text) + ", " + sql.value(std::string(part)) + ") > 0";
    }
    std::string is_in(Sql &sql, std::string_view column, const Net &net) const override {
        if (net.bits == 128) // stored as to_string() writes it
            return std::string(column) + " = " + sql.value(net.to_string());
        const std::string text(column), begin = begin_of(net), in_net = "in_net(" + text + ", ";
        if (begin.empty())
            return in_net + sql.value(net.to_string()) + ")";
        std::string end = begin; // of the texts that begin so; the function takes much longer than to compare
        ++end.back();
        const std::string range = text + " >= " + sql.value(begin) + " AND " + text + " < " + sql.value(end);
        const int v4_bits = net.bits - 96;
        if (net.address.is_v4() && v4_bits <= 24 && v4_bits % 8 == 0) // all of them: what is truncated is a /24
            return "(" + range + ")";
        return "(" + range + " AND " + in_net + sql.value(net.to_string()) + "))";
    }
};

/// Conditions on a column that is a time; `longer`: so much before and after.
std::string times_of(const Dialect &dialect, Sql &sql, const Selection &selection, const std::string &column,
                     std::int64_t longer = 0) {
    std::string text;
    if (selection.since_usec)
        text += " AND " + column + " >= " + dialect.time_value(sql, *selection.since_usec - longer);
    if (selection.until_usec)
        text += " AND " + column + " < " + dialect.time_value(sql, *selection.until_usec + longer);
    return text;
}

/// The view `traffic`, but without a sort: each reading finds the one before by itself.
std::string SqliteDialect::moved(Sql &sql, const Selection &selection, MovedBy what,
                                 const std::optional<std::string> &) const {
    const auto times = [&](const std::string &column, std::int64_t longer = 0) {
        return times_of(*this, sql, selection, column, longer);
    };
    const auto came_on = [](const std::string &alias) { // since the sample before (b), or else since it was opened
        std::string counters;
        for (const std::string counter : {"rx_bytes", "tx_bytes", "rx_packets", "tx_packets"})
            counters.append(", ")
                .append(alias)
                .append(".")
                .append(counter)
                .append(" - coalesce(b.")
                .append(counter)
                .append(", o.")
                .append(counter)
                .append(", 0) AS ")
                .append(counter);
        return counters;
    };
    const bool always = !selection.since_usec && !selection.until_usec;
    const std::string opened = "o.uid, o.src_ipaddr, o.dst_ipaddr, o.service, o.host, o.auth_key";
    const std::string before = "coalesce(b.log_date, CASE WHEN o.rx_bytes IS NOT NULL THEN o.log_date END) AS before, ";
    std::string text = "(SELECT o.log_date, NULL AS before, " + opened +
                       ", o.rx_bytes, o.tx_bytes, o.rx_packets, o.tx_packets FROM " +
                       (always ? "session AS s CROSS JOIN inet_log AS o ON o.id = s.open_id" : "inet_log AS o") +
                       " WHERE o.log_event = 2 AND o.rx_bytes IS NOT NULL" + times("o.log_date");
    text += " UNION ALL SELECT p.log_date, " + before + opened + came_on("p") +
            " FROM sample AS p CROSS JOIN inet_log AS o ON o.id = p.open_id LEFT JOIN sample AS b ON b.open_id = "
            "p.open_id AND b.log_date = (SELECT max(log_date) FROM sample WHERE open_id = p.open_id AND log_date < "
            "p.log_date) WHERE 1 = 1" +
            times("p.log_date");
    text +=
        " UNION ALL SELECT c.log_date, " + before + opened + came_on("c") +
        " FROM session AS s CROSS JOIN inet_log AS c ON c.id = s.close_id CROSS JOIN inet_log AS o ON o.id = "
        "s.open_id LEFT JOIN sample AS b ON b.open_id = s.open_id AND b.log_date = (SELECT max(log_date) FROM sample "
        "WHERE open_id = s.open_id) WHERE c.rx_bytes IS NOT NULL";
    if (!always)
        text += " AND s.close_id IN (SELECT id FROM inet_log WHERE log_event = 3 AND rx_bytes IS NOT NULL" +
                times("log_date") + ")";
    if (what == MovedBy::all)
        text +=
            " UNION ALL SELECT max(log_date), NULL, NULL, src_ipaddr, dst_ipaddr, min(service), host, NULL, "
            "max(rx_bytes), "
            "max(tx_bytes), max(rx_packets), max(tx_packets) FROM inet_log WHERE (log_event = 2 OR (log_event = 1 AND "
            "rx_bytes IS NOT NULL))" +
            times("log_date", longest_login_usec) +
            " GROUP BY host, sshd_pid, src_ipaddr, src_port, dst_ipaddr, dst_port, CASE WHEN src_port IS NULL THEN "
            "substr(log_date, 1, 10) END HAVING max(log_event) = 1";
    return text + ") AS l";
}

/// All that is known of an address: where it was truncated, a net.
std::optional<Net> address_of(sqlite3_value *value) {
    const auto *text = reinterpret_cast<const char *>(sqlite3_value_text(value));
    return text ? Net::parse({text, static_cast<std::size_t>(sqlite3_value_bytes(value))}) : std::nullopt;
}

void give(sqlite3_context *context, const std::string &text) {
    sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

void net_of(sqlite3_context *context, int, sqlite3_value **values) {
    const auto address = address_of(values[0]);
    if (!address)
        return sqlite3_result_null(context);
    const int prefix = std::clamp(sqlite3_value_int(values[1]), 0, 32);
    const int prefix6 = std::clamp(sqlite3_value_int(values[2]), 0, 128);
    const Net net = Net::around(address->address, prefix, prefix6);
    give(context, (net.bits < address->bits ? net : *address).to_string());
}

/// The second value is the same for all rows: it is parsed once.
void in_net(sqlite3_context *context, int, sqlite3_value **values) {
    const auto address = address_of(values[0]);
    if (!address)
        return sqlite3_result_null(context);
    const auto *net = static_cast<const Net *>(sqlite3_get_auxdata(context, 1));
    if (net)
        return sqlite3_result_int(context, net->bits <= address->bits && net->holds(address->address));
    const auto *text = reinterpret_cast<const char *>(sqlite3_value_text(values[1]));
    const auto parsed = Net::parse(text ? text : "");
    if (!parsed)
        return sqlite3_result_null(context);
    sqlite3_result_int(context, parsed->bits <= address->bits && parsed->holds(address->address));
    sqlite3_set_auxdata(context, 1, new Net(*parsed), [](void *old) { delete static_cast<Net *>(old); });
}

} // namespace

const Dialect &sqlite_dialect() {
    static const SqliteDialect dialect;
    return dialect;
}

void add_sqlite_functions(sqlite::Database &database) {
    constexpr int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    if (sqlite3_create_function_v2(database.get(), "net_of", 3, flags, nullptr, net_of, nullptr, nullptr, nullptr) !=
            SQLITE_OK ||
        sqlite3_create_function_v2(database.get(), "in_net", 2, flags, nullptr, in_net, nullptr, nullptr, nullptr) !=
            SQLITE_OK)
        throw Error("cannot add functions to SQLite");
}

} // namespace iptracking
