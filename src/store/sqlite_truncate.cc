// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_truncate.h"

#include "event/ip_address.h"
#include "store/sqlite_purge.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::size_t kept_of_v4 = 12 + 3, kept_of_v6 = 6; // bytes of IpAddress

constexpr char temporary_table[] = R"(
    CREATE TEMP TABLE truncated (id INTEGER PRIMARY KEY, day TEXT, dst TEXT, src TEXT, net TEXT, net6 TEXT,
        log_date TEXT, uid TEXT, failure INTEGER, success INTEGER, opened INTEGER, pair INTEGER))";

/// A condition that finds those of `condition` that have something to drop.
std::string to_truncate(const std::string &condition) {
    return condition + " AND flags & 8 = 0 AND (src_ipaddr IS NOT NULL OR src_port IS NOT NULL OR rhost IS NOT NULL)";
}

// As the summary counts them: an attempt that has succeeded with a later event is taken off with that.
constexpr char take_events[] = R"(
    INSERT INTO truncated SELECT id, substr(log_date, 1, 10), ifnull(dst_ipaddr, ''), src_ipaddr, kept_net(src_ipaddr),
            substr(src_net6, 1, 14) || ':0000', log_date, uid,
            log_event = 1 AND (outcome IS 'failure' OR (outcome IS 'attempt' AND NOT EXISTS (
                SELECT 1 FROM attempt_success WHERE attempt_id = id
                    AND success_id <= (SELECT upto FROM summary WHERE name = 'address_day')))),
            log_event = 1 AND outcome IS 'success', log_event = 2, outcome IS 'success' AND uid IS NOT NULL
        FROM inet_log
        WHERE id <= (SELECT min(upto) FROM summary) AND log_date > ?1 AND log_date <= ?2)";

// What the rows of an address lose the row of its net gains.
constexpr char truncate_events[] = R"(
    UPDATE address_day AS a SET log_count = log_count - t.number, failures = failures - t.failure,
            successes = successes - t.success, opened = a.opened - t.opened
        FROM (SELECT day, dst, src, count(*) AS number, sum(failure) AS failure, sum(success) AS success,
                  sum(opened) AS opened
                  FROM truncated WHERE src IS NOT NULL GROUP BY 1, 2, 3) AS t
        WHERE a.day = t.day AND a.dst_ipaddr = t.dst AND a.src_ipaddr = t.src;
    DELETE FROM address_day
        WHERE log_count <= 0 AND (day, dst_ipaddr, src_ipaddr) IN (SELECT day, dst, src FROM truncated);
    INSERT INTO address_day (day, dst_ipaddr, src_ipaddr, src_net6, log_count, failures, successes, opened,
                             start_date, end_date)
        SELECT day, dst, net, net6, count(*), sum(failure), sum(success), sum(opened), min(log_date), max(log_date)
            FROM truncated WHERE net IS NOT NULL GROUP BY 1, 2, 3
        ON CONFLICT DO UPDATE SET log_count = log_count + excluded.log_count, failures = failures + excluded.failures,
            successes = successes + excluded.successes, opened = opened + excluded.opened,
            start_date = min(start_date, excluded.start_date), end_date = max(end_date, excluded.end_date);
    UPDATE user_address AS u SET log_count = log_count - t.number
        FROM (SELECT uid AS name, src, count(*) AS number FROM truncated WHERE pair AND src IS NOT NULL GROUP BY 1, 2) AS t
        WHERE u.uid = t.name AND u.src_ipaddr = t.src;
    DELETE FROM user_address WHERE log_count <= 0 AND (uid, src_ipaddr) IN (SELECT uid, src FROM truncated WHERE pair);
    INSERT INTO user_address (uid, src_ipaddr, log_count, start_date, end_date)
        SELECT uid, net, count(*), min(log_date), max(log_date)
            FROM truncated WHERE pair AND net IS NOT NULL GROUP BY 1, 2
        ON CONFLICT DO UPDATE SET log_count = log_count + excluded.log_count,
            start_date = min(start_date, excluded.start_date), end_date = max(end_date, excluded.end_date);
    UPDATE inet_log SET src_ipaddr = kept_net(src_ipaddr), src_net6 = substr(src_net6, 1, 14) || ':0000',
            src_port = NULL, rhost = NULL, flags = flags | 8
        WHERE id IN (SELECT id FROM truncated))";

/// SQL: kept_net(address).
void kept_net(sqlite3_context *context, int, sqlite3_value **arguments) {
    const auto *const text = reinterpret_cast<const char *>(sqlite3_value_text(arguments[0]));
    auto address = text ? IpAddress::parse(text) : std::nullopt;
    if (!address)
        return sqlite3_result_null(context);
    const bool is_v4 = address->is_v4();
    std::fill(address->bytes.begin() + (is_v4 ? kept_of_v4 : kept_of_v6), address->bytes.end(), std::uint8_t{0});
    const std::string net = address->to_string() + (is_v4 ? "/24" : "/48");
    sqlite3_result_text(context, net.data(), static_cast<int>(net.size()), SQLITE_TRANSIENT);
}

} // namespace

SqliteTruncate::SqliteTruncate(sqlite::Database &database, std::string before)
    : database_(database), before_(std::move(before)) {
    database_.execute(temporary_table);
    // What was dropped shall not be found in the file either.
    database_.execute("PRAGMA secure_delete = ON");
    if (sqlite3_create_function(database_.get(), "kept_net", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, kept_net,
                                nullptr, nullptr) != SQLITE_OK)
        throw Error("SQLite takes no functions");
}

SqliteTruncate::~SqliteTruncate() {
    sqlite3_exec(database_.get(), "DROP TABLE temp.truncated", nullptr, nullptr, nullptr);
}

std::int64_t SqliteTruncate::count() {
    sqlite::Statement ask(database_, to_truncate("SELECT count(*) FROM inet_log WHERE log_date < ?1"));
    ask.bind(1, before_).step();
    return ask.column_number(0);
}

std::string SqliteTruncate::end_of_step(std::int64_t most) {
    sqlite::Statement ask(database_, "SELECT max(log_date) FROM (SELECT log_date FROM inet_log "
                                     "WHERE log_date > ?1 AND log_date < ?2 ORDER BY log_date LIMIT ?3)");
    ask.bind(1, after_).bind(2, before_).bind(3, most).step();
    return ask.column_text(0);
}

bool SqliteTruncate::finds_any(const std::string &upto) {
    sqlite::Statement ask(database_,
                          to_truncate("SELECT 1 FROM inet_log WHERE log_date > ?1 AND log_date <= ?2") + " LIMIT 1");
    ask.bind(1, after_).bind(2, upto);
    return ask.step();
}

SqliteTruncate::Step SqliteTruncate::step(std::int64_t most) {
    const std::string upto = end_of_step(most);
    if (upto.empty())
        return {0, true};
    std::int64_t number = 0;
    if (finds_any(upto)) { // most are truncated already where it runs every day
        sqlite::Transaction transaction(database_);
        database_.execute("DELETE FROM truncated");
        sqlite::Statement(database_, to_truncate(take_events)).bind(1, after_).bind(2, upto).run();
        number = sqlite3_changes(database_.get());
        database_.execute(truncate_events);
        transaction.commit();
    }
    any_ = any_ || number > 0;
    after_ = upto;
    return {number, false};
}

void SqliteTruncate::finish() {
    if (any_)
        SqlitePurge(database_, before_).finish();
}

} // namespace iptracking
