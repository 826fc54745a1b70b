// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_purge.h"

namespace iptracking {
namespace {

// What is removed in a step, as the summaries know it; then the first dates of what remains.
constexpr char temporary_tables[] =
    "CREATE TEMP TABLE old_event (id INTEGER PRIMARY KEY, day TEXT, quarter TEXT, dst_ipaddr TEXT, src_ipaddr TEXT,"
    " uid TEXT, outcome TEXT, failed INTEGER, succeeded INTEGER, opened INTEGER, closed INTEGER);"
    "CREATE TEMP TABLE first_address (day TEXT, dst_ipaddr TEXT, src_ipaddr TEXT, start_date TEXT,"
    " PRIMARY KEY (day, dst_ipaddr, src_ipaddr)) WITHOUT ROWID;"
    "CREATE TEMP TABLE first_day (day TEXT, uid TEXT, start_date TEXT, PRIMARY KEY (day, uid)) WITHOUT ROWID;"
    "CREATE TEMP TABLE first_user (uid TEXT, src_ipaddr TEXT, start_date TEXT, PRIMARY KEY (uid, src_ipaddr)) "
    "WITHOUT ROWID";

// An attempt is among the failures of the summaries unless they know of its success already.  (Those that count
// failures are brought forward together.)
constexpr char take_old_events[] =
    "INSERT INTO old_event SELECT id, substr(log_date, 1, 10),"
    " substr(log_date, 1, 14) || substr('00153045', substr(log_date, 15, 2) / 15 * 2 + 1, 2) || ':00Z',"
    " ifnull(dst_ipaddr, ''), src_ipaddr, uid, outcome,"
    " log_event = 1 AND (outcome IS 'failure' OR (outcome IS 'attempt' AND NOT EXISTS (SELECT 1 FROM attempt_success"
    "  WHERE attempt_id = id AND success_id <= (SELECT upto FROM summary WHERE name = 'address_day')))),"
    " log_event = 1 AND outcome IS 'success', log_event = 2, log_event = 3 FROM inet_log"
    " WHERE log_date < ?1 AND id <= (SELECT min(upto) FROM summary) ORDER BY log_date LIMIT ?2";

constexpr char remove_old_events[] =
    "UPDATE address_day AS a SET log_count = log_count - number, failures = failures - failed,"
    " successes = successes - succeeded, opened = a.opened - old.opened FROM"
    " (SELECT day, dst_ipaddr, src_ipaddr, count(*) AS number, sum(failed) AS failed, sum(succeeded) AS succeeded,"
    "  sum(opened) AS opened FROM old_event WHERE src_ipaddr IS NOT NULL GROUP BY 1, 2, 3) AS old"
    " WHERE a.day = old.day AND a.dst_ipaddr = old.dst_ipaddr AND a.src_ipaddr = old.src_ipaddr;"
    "DELETE FROM address_day WHERE log_count <= 0 AND (day, dst_ipaddr, src_ipaddr) IN"
    " (SELECT day, dst_ipaddr, src_ipaddr FROM old_event WHERE src_ipaddr IS NOT NULL);"

    "UPDATE user_day AS u SET log_count = log_count - number, failures = failures - failed,"
    " successes = successes - succeeded, opened = u.opened - old.opened FROM"
    " (SELECT day, uid, count(*) AS number, sum(failed) AS failed, sum(succeeded) AS succeeded,"
    "  sum(opened) AS opened FROM old_event WHERE uid IS NOT NULL GROUP BY 1, 2) AS old"
    " WHERE u.day = old.day AND u.uid = old.uid;"
    "DELETE FROM user_day WHERE log_count <= 0 AND (day, uid) IN"
    " (SELECT day, uid FROM old_event WHERE uid IS NOT NULL);"

    "UPDATE quarter AS q SET log_count = log_count - number, failures = failures - failed,"
    " successes = successes - succeeded, opened = q.opened - old.opened, closed = q.closed - old.closed FROM"
    " (SELECT quarter, count(*) AS number, sum(failed) AS failed, sum(succeeded) AS succeeded,"
    "  sum(opened) AS opened, sum(closed) AS closed FROM old_event GROUP BY 1) AS old"
    " WHERE q.start_date = old.quarter;"
    "DELETE FROM quarter WHERE log_count <= 0 AND start_date IN (SELECT quarter FROM old_event);"

    "UPDATE user_address AS u SET log_count = log_count - old.number FROM"
    " (SELECT uid, src_ipaddr, count(*) AS number FROM old_event"
    "  WHERE outcome = 'success' AND uid IS NOT NULL AND src_ipaddr IS NOT NULL GROUP BY 1, 2) AS old"
    " WHERE u.uid = old.uid AND u.src_ipaddr = old.src_ipaddr;"
    "DELETE FROM user_address WHERE log_count <= 0 AND (uid, src_ipaddr) IN"
    " (SELECT uid, src_ipaddr FROM old_event WHERE outcome = 'success');"

    "DELETE FROM attempt_success WHERE attempt_id IN (SELECT id FROM old_event);"
    "DELETE FROM session WHERE open_id IN (SELECT id FROM old_event);"
    "DELETE FROM sample WHERE open_id IN (SELECT id FROM old_event);"
    "DELETE FROM inet_log WHERE id IN (SELECT id FROM old_event)";

// Each of what is in the summary up to ?3, and was not noted up to ?2.  Of the day that is cut in two only, where
// days are counted.
constexpr char note_addresses[] =
    "INSERT INTO first_address SELECT substr(log_date, 1, 10), ifnull(dst_ipaddr, ''), src_ipaddr, min(log_date)"
    " FROM inet_log WHERE log_date >= date(?1) AND log_date < date(?1, '+1 day') AND id > ?2 AND id <= ?3"
    " AND src_ipaddr IS NOT NULL GROUP BY 1, 2, 3"
    " ON CONFLICT DO UPDATE SET start_date = min(start_date, excluded.start_date)";

constexpr char note_days[] =
    "INSERT INTO first_day SELECT substr(log_date, 1, 10), uid, min(log_date)"
    " FROM inet_log WHERE log_date >= date(?1) AND log_date < date(?1, '+1 day') AND id > ?2 AND id <= ?3"
    " AND uid IS NOT NULL GROUP BY 1, 2"
    " ON CONFLICT DO UPDATE SET start_date = min(start_date, excluded.start_date)";

constexpr char note_users[] =
    "INSERT INTO first_user SELECT uid, src_ipaddr, min(log_date) FROM inet_log"
    " WHERE id > ?1 AND id <= ?2 AND outcome = 'success' AND uid IS NOT NULL AND src_ipaddr IS NOT NULL GROUP BY 1, 2"
    " ON CONFLICT DO UPDATE SET start_date = min(start_date, excluded.start_date)";

constexpr char mend_addresses[] = "UPDATE address_day AS a SET start_date = f.start_date FROM first_address AS f"
                                  " WHERE a.day = f.day AND a.dst_ipaddr = f.dst_ipaddr"
                                  " AND a.src_ipaddr = f.src_ipaddr AND a.start_date < ?1";
constexpr char mend_days[] = "UPDATE user_day AS u SET start_date = f.start_date FROM first_day AS f"
                             " WHERE u.day = f.day AND u.uid = f.uid AND u.start_date < ?1";
constexpr char mend_users[] = "UPDATE user_address AS u SET start_date = f.start_date FROM first_user AS f"
                              " WHERE u.uid = f.uid AND u.src_ipaddr = f.src_ipaddr AND u.start_date < ?1";

} // namespace

SqlitePurge::SqlitePurge(sqlite::Database &database, std::string before)
    : database_(database), before_(std::move(before)) {
    database_.execute(temporary_tables);
}

SqlitePurge::~SqlitePurge() {
    for (const char *const table : {"old_event", "first_address", "first_day", "first_user"})
        sqlite3_exec(database_.get(), (std::string("DROP TABLE temp.") + table).c_str(), nullptr, nullptr, nullptr);
}

std::int64_t SqlitePurge::count() {
    sqlite::Statement ask(database_, "SELECT count(*) FROM inet_log WHERE log_date < ?1");
    ask.bind(1, before_).step();
    return ask.column_number(0);
}

std::int64_t SqlitePurge::step(std::int64_t most) {
    sqlite::Transaction transaction(database_);
    database_.execute("DELETE FROM old_event");
    sqlite::Statement(database_, take_old_events).bind(1, before_).bind(2, most).run();
    const std::int64_t number = sqlite3_changes(database_.get());
    database_.execute(remove_old_events);
    transaction.commit();
    return number;
}

std::int64_t SqlitePurge::upto(const char *summary) {
    sqlite::Statement ask(database_, "SELECT upto FROM summary WHERE name = ?1");
    ask.bind(1, summary).step();
    return ask.column_number(0);
}

void SqlitePurge::note_first_dates() {
    const std::int64_t addresses = upto("address_day"), days = upto("user_day"), users = upto("user_address");
    sqlite::Statement(database_, note_addresses).bind(1, before_).bind(2, noted_addresses_).bind(3, addresses).run();
    sqlite::Statement(database_, note_days).bind(1, before_).bind(2, noted_days_).bind(3, days).run();
    sqlite::Statement(database_, note_users).bind(1, noted_users_).bind(2, users).run();
    noted_addresses_ = addresses;
    noted_days_ = days;
    noted_users_ = users;
}

void SqlitePurge::finish() {
    // Most of it without holding up who writes.
    database_.execute("BEGIN");
    note_first_dates();
    database_.execute("COMMIT");
    sqlite::Transaction transaction(database_);
    note_first_dates();
    sqlite::Statement(database_, mend_addresses).bind(1, before_).run();
    sqlite::Statement(database_, mend_days).bind(1, before_).run();
    sqlite::Statement(database_, mend_users).bind(1, before_).run();
    transaction.commit();
}

} // namespace iptracking
