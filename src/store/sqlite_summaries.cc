// SPDX-License-Identifier: GPL-2.0-or-later
// The summaries of sqlite3: each step reads its events once and counts them here.  (GROUP BY would sort them for each
// summary, which took three times as long.)
#include "store/sqlite_schema.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace iptracking {
namespace {

constexpr char events_sql[] = "SELECT id, log_date, log_event, outcome, uid, dst_ipaddr, src_ipaddr, src_net6 "
                              "FROM inet_log WHERE id > ?1 AND id <= ?2 ORDER BY id";

/// An event, in the row that the statement stands at; data() is null where nothing is known.
struct CountedEvent {
    explicit CountedEvent(const sqlite::Statement &row)
        : id(row.column_number(0)), log_event(row.column_number(2)), date(row.column_view(1)),
          outcome(row.column_view(3)), uid(row.column_view(4)), destination(row.column_view(5)),
          source(row.column_view(6)), net6(row.column_view(7)) {}

    std::int64_t id, log_event;
    std::string_view date, outcome, uid, destination, source, net6;
};

struct Counts {
    std::int64_t events = 0, failures = 0, successes = 0, opened = 0, closed = 0;
    std::string first, last;

    void add(const CountedEvent &event) {
        ++events;
        failures += event.log_event == 1 && (event.outcome == "attempt" || event.outcome == "failure");
        successes += event.log_event == 1 && event.outcome == "success";
        opened += event.log_event == 2;
        closed += event.log_event == 3;
        if (first.empty() || event.date < first)
            first = event.date;
        if (event.date > last)
            last = event.date;
    }
};

/// The parts of a key, each with a zero behind it: no text that is stored has one.
class Key {
public:
    Key &operator<<(std::string_view part) {
        text_.append(part).push_back('\0');
        return *this;
    }
    void clear() noexcept { text_.clear(); }
    const std::string &text() const noexcept { return text_; }

private:
    std::string text_;
};

std::string_view day_of(const CountedEvent &event) {
    return event.date.substr(0, 10);
}

bool address_and_day(const CountedEvent &event, Key &key) {
    if (event.source.data())
        key << day_of(event) << event.destination << event.source << event.net6;
    return event.source.data();
}

bool user_and_day(const CountedEvent &event, Key &key) {
    if (event.uid.data())
        key << day_of(event) << event.uid;
    return event.uid.data();
}

bool quarter(const CountedEvent &event, Key &key) {
    // 2026-11-21T13:05:07.123456Z
    const std::string_view minute = event.date.size() < 16 ? "00" : event.date.substr(14, 2);
    const char *const begin = minute < "15" ? "00:00Z" : minute < "30" ? "15:00Z" : minute < "45" ? "30:00Z" : "45:00Z";
    key << std::string(event.date.substr(0, 14)).append(begin);
    return true;
}

bool user_and_address(const CountedEvent &event, Key &key) {
    const bool counts = event.outcome == "success" && event.uid.data() && event.source.data();
    if (counts)
        key << event.uid << event.source;
    return counts;
}

/// `add`: ?1 events, ?2 failures, ?3 successes, ?4 opened, ?5 closed, ?6 first and ?7 last date, ?8 and on the key.
/// `take_off` takes the attempts of the successes with ?1 < id <= ?2 off the failures: what has succeeded was counted
/// as one, in this step or before.
struct Summary {
    std::string_view name;
    bool (*key_of)(const CountedEvent &, Key &); ///< false: it does not count
    std::string_view add, take_off;
};

// SqlitePurge takes all of it away again.  Those with failures have the same `upto`.
constexpr Summary summaries[] = {
    {"address_day", address_and_day,
     "INSERT INTO address_day VALUES (?8, ?9, ?10, nullif(?11, ''), ?1, ?2, ?3, ?4, ?6, ?7) "
     "ON CONFLICT DO UPDATE SET log_count = log_count + ?1, failures = failures + ?2, successes = successes + ?3, "
     "opened = opened + ?4, start_date = min(start_date, ?6), end_date = max(end_date, ?7)",
     "UPDATE address_day AS a SET failures = failures - pairs.number FROM "
     "(SELECT substr(log_date, 1, 10) AS on_day, ifnull(dst_ipaddr, '') AS dst, src_ipaddr AS src, count(*) AS number "
     "FROM attempt_success JOIN inet_log ON id = attempt_id "
     "WHERE success_id > ?1 AND success_id <= ?2 AND src_ipaddr IS NOT NULL GROUP BY 1, 2, 3) AS pairs "
     "WHERE a.day = pairs.on_day AND a.dst_ipaddr = pairs.dst AND a.src_ipaddr = pairs.src"},
    {"user_day", user_and_day,
     "INSERT INTO user_day VALUES (?8, ?9, ?1, ?2, ?3, ?4, ?6, ?7) "
     "ON CONFLICT DO UPDATE SET log_count = log_count + ?1, failures = failures + ?2, successes = successes + ?3, "
     "opened = opened + ?4, start_date = min(start_date, ?6), end_date = max(end_date, ?7)",
     "UPDATE user_day AS u SET failures = failures - pairs.number FROM "
     "(SELECT substr(log_date, 1, 10) AS on_day, uid AS name, count(*) AS number "
     "FROM attempt_success JOIN inet_log ON id = attempt_id "
     "WHERE success_id > ?1 AND success_id <= ?2 AND uid IS NOT NULL GROUP BY 1, 2) AS pairs "
     "WHERE u.day = pairs.on_day AND u.uid = pairs.name"},
    {"quarter", quarter,
     "INSERT INTO quarter VALUES (?8, ?1, ?2, ?3, ?4, ?5) "
     "ON CONFLICT DO UPDATE SET log_count = log_count + ?1, failures = failures + ?2, successes = successes + ?3, "
     "opened = opened + ?4, closed = closed + ?5",
     "UPDATE quarter AS q SET failures = failures - pairs.number FROM "
     "(SELECT substr(log_date, 1, 14) || substr('00153045', substr(log_date, 15, 2) / 15 * 2 + 1, 2) || ':00Z' AS "
     "start, "
     "count(*) AS number FROM attempt_success JOIN inet_log ON id = attempt_id "
     "WHERE success_id > ?1 AND success_id <= ?2 GROUP BY 1) AS pairs "
     "WHERE q.start_date = pairs.start"},
    {"user_address",
     user_and_address,
     "INSERT INTO user_address VALUES (?8, ?9, ?1, ?6, ?7) "
     "ON CONFLICT DO UPDATE SET log_count = log_count + ?1, start_date = min(start_date, ?6), "
     "end_date = max(end_date, ?7)",
     {}},
};

/// One summary in one step.
struct Step {
    const Summary *summary;
    std::int64_t after; ///< of the events up to here it knows already
    std::unordered_map<std::string, Counts> counts{};
};

void count(sqlite::Database &database, std::vector<Step> &steps, std::int64_t after, std::int64_t upto) {
    sqlite::Statement rows(database, events_sql);
    rows.bind(1, after).bind(2, upto);
    Key key;
    while (rows.step()) {
        const CountedEvent event(rows);
        for (Step &step : steps) {
            key.clear();
            if (event.id > step.after && step.summary->key_of(event, key))
                step.counts[key.text()].add(event);
        }
    }
}

void store(sqlite::Database &database, const Step &step, std::int64_t upto) {
    sqlite::Statement add(database, step.summary->add);
    for (const auto &[key, counts] : step.counts) {
        add.bind(1, counts.events).bind(2, counts.failures).bind(3, counts.successes).bind(4, counts.opened);
        add.bind(5, counts.closed).bind(6, counts.first).bind(7, counts.last);
        int index = 8;
        for (std::size_t begin = 0, end; begin < key.size(); begin = end + 1, ++index) {
            end = key.find('\0', begin);
            add.bind(index, std::string_view(key).substr(begin, end - begin));
        }
        add.run();
    }
    if (!step.summary->take_off.empty())
        sqlite::Statement(database, step.summary->take_off).bind(1, step.after).bind(2, upto).run();
}

std::int64_t last_id(sqlite::Database &database) {
    return database.number("SELECT max(id) FROM inet_log").value_or(0);
}

} // namespace

std::int64_t sqlite_summaries_behind(sqlite::Database &database) {
    return std::max<std::int64_t>(0, last_id(database) - database.number("SELECT min(upto) FROM summary").value_or(0));
}

std::int64_t advance_sqlite_summaries(sqlite::Database &database, std::int64_t most) {
    sqlite::Transaction transaction(database);
    std::vector<Step> steps;
    sqlite::Statement ask(database, "SELECT upto FROM summary WHERE name = ?1");
    for (const Summary &summary : summaries) {
        ask.bind(1, summary.name).step();
        steps.push_back({&summary, ask.column_number(0)});
        ask.reset();
    }
    std::int64_t after = steps.front().after;
    for (const Step &step : steps)
        after = std::min(after, step.after);
    const std::int64_t last = last_id(database), upto = std::min(last, after + most);
    if (upto <= after)
        return 0;
    count(database, steps, after, upto);
    for (const Step &step : steps)
        store(database, step, upto);
    sqlite::Statement(database, "UPDATE summary SET upto = ?1 WHERE upto < ?1").bind(1, upto).run();
    transaction.commit();
    return last - upto;
}

} // namespace iptracking
