// SPDX-License-Identifier: GPL-2.0-or-later
// The summaries of sqlite3: each step counts its rows here.  (GROUP BY would sort them for each summary, which took
// three times as long.)
#include "store/sqlite_summaries.h"

#include "store/sqlite_schema.h"

#include <algorithm>
#include <string_view>

namespace iptracking {
namespace {

constexpr char rows_sql[] = "SELECT id, log_date, log_event, outcome, uid, dst_ipaddr, src_ipaddr, src_net6 "
                            "FROM inet_log WHERE id > ?1 AND id <= ?2 ORDER BY id";

// The attempts that have succeeded with these rows: each was counted as a failure, in this step or before.
constexpr char successes_sql[] =
    "SELECT success_id, log_date, log_event, outcome, uid, dst_ipaddr, src_ipaddr, src_net6 "
    "FROM attempt_success JOIN inet_log ON id = attempt_id "
    "WHERE success_id > ?1 AND success_id <= ?2";

// Of what is noted; more has to be read again.
constexpr std::size_t most_noted_bytes = 3 * 1024 * 1024; // some 16 000 keys

CountedRow row_at(const sqlite::Statement &row) {
    return {row.column_number(0), row.column_number(2), row.column_view(1), row.column_view(3),
            row.column_view(4),   row.column_view(5),   row.column_view(6), row.column_view(7)};
}

std::string_view day_of(const CountedRow &row) {
    return row.date.substr(0, 10);
}

/// Of a key, with a zero behind it: no text that is stored has one.
void append(std::string &key, std::string_view part) {
    key.append(part).push_back('\0');
}

bool address_and_day(const CountedRow &row, std::string &key) {
    if (!row.source.data())
        return false;
    append(key, day_of(row));
    append(key, row.destination);
    append(key, row.source);
    append(key, row.net6);
    return true;
}

bool user_and_day(const CountedRow &row, std::string &key) {
    if (!row.uid.data())
        return false;
    append(key, day_of(row));
    append(key, row.uid);
    return true;
}

bool quarter(const CountedRow &row, std::string &key) {
    // 2026-11-21T13:05:07.123456Z
    const std::string_view minute = row.date.size() < 16 ? "00" : row.date.substr(14, 2);
    key.append(row.date.substr(0, 14));
    append(key, minute < "15" ? "00:00Z" : minute < "30" ? "15:00Z" : minute < "45" ? "30:00Z" : "45:00Z");
    return true;
}

bool user_and_address(const CountedRow &row, std::string &key) {
    if (row.outcome != "success" || !row.uid.data() || !row.source.data())
        return false;
    append(key, row.uid);
    append(key, row.source);
    return true;
}

std::int64_t last_id(sqlite::Database &database) {
    return database.number("SELECT max(id) FROM inet_log").value_or(0);
}

} // namespace

/// `add`: ?1 events, ?2 failures, ?3 successes, ?4 opened, ?5 closed, ?6 first and ?7 last date, ?8 and on the key.
struct SqliteSummaries::Summary {
    std::string_view name;
    bool (*key_of)(const CountedRow &, std::string &); ///< appends it; false: it does not count
    bool has_failures;                                 ///< those that have are brought forward together
    std::string_view add;
};

// SqlitePurge takes all of it away again.
constexpr std::array<SqliteSummaries::Summary, SqliteSummaries::number> SqliteSummaries::all{{
    {"address_day", address_and_day, true,
     "INSERT INTO address_day VALUES (?8, ?9, ?10, nullif(?11, ''), ?1, ?2, ?3, ?4, ?6, ?7) "
     "ON CONFLICT DO UPDATE SET log_count = log_count + ?1, failures = failures + ?2, successes = successes + ?3, "
     "opened = opened + ?4, start_date = min(start_date, ?6), end_date = max(end_date, ?7)"},
    {"user_day", user_and_day, true,
     "INSERT INTO user_day VALUES (?8, ?9, ?1, ?2, ?3, ?4, ?6, ?7) "
     "ON CONFLICT DO UPDATE SET log_count = log_count + ?1, failures = failures + ?2, successes = successes + ?3, "
     "opened = opened + ?4, start_date = min(start_date, ?6), end_date = max(end_date, ?7)"},
    {"quarter", quarter, true,
     "INSERT INTO quarter VALUES (?8, ?1, ?2, ?3, ?4, ?5) "
     "ON CONFLICT DO UPDATE SET log_count = log_count + ?1, failures = failures + ?2, successes = successes + ?3, "
     "opened = opened + ?4, closed = closed + ?5"},
    {"user_address", user_and_address, false,
     "INSERT INTO user_address VALUES (?8, ?9, ?1, ?6, ?7) "
     "ON CONFLICT DO UPDATE SET log_count = log_count + ?1, start_date = min(start_date, ?6), "
     "end_date = max(end_date, ?7)"},
}};

SqliteSummaries::SqliteSummaries(sqlite::Database &database)
    : database_(database), ask_version_(database, "PRAGMA data_version") {}

/// Another connection may have changed rows that were noted.
void SqliteSummaries::begin() {
    ask_version_.step();
    const std::int64_t version = ask_version_.column_number(0);
    ask_version_.reset();
    if (version != version_) {
        forget();
        has_triggers_ = database_.number("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'") != 0;
    }
    version_ = version;
}

void SqliteSummaries::note(const CountedRow &row) {
    if (has_triggers_)
        return;
    if (row.id != noted_upto_ + 1 || bytes_noted() > most_noted_bytes) {
        forget();
        noted_after_ = row.id - 1;
    }
    noted_upto_ = row.id;
    for (std::size_t summary = 0; summary < number; ++summary) {
        key_.clear();
        if (all[summary].key_of(row, key_))
            noted_[summary][key_].add(row);
    }
}

void SqliteSummaries::forget() noexcept {
    for (KeyCounts &counts : noted_)
        counts.clear();
    noted_after_ = noted_upto_ = 0;
}

std::size_t SqliteSummaries::bytes_noted() const noexcept {
    std::size_t bytes = 0;
    for (const KeyCounts &counts : noted_)
        bytes += counts.bytes();
    return bytes;
}

bool SqliteSummaries::wants_advance() const noexcept {
    return noted_after_ == advanced_upto_ && bytes_noted() > most_noted_bytes / 2;
}

SqliteSummaries::Places SqliteSummaries::ask_places() {
    Places places{};
    sqlite::Statement ask(database_, "SELECT upto FROM summary WHERE name = ?1");
    for (std::size_t summary = 0; summary < number; ++summary) {
        ask.bind(1, all[summary].name).step();
        places[summary] = ask.column_number(0);
        ask.reset();
    }
    return places;
}

bool SqliteSummaries::is_noted(const Places &after) const noexcept {
    return noted_upto_ > noted_after_ &&
           std::ranges::all_of(after, [&](std::int64_t place) { return place == noted_after_; });
}

void SqliteSummaries::read_rows(AllCounts &counts, const Places &after, std::int64_t lowest, std::int64_t upto) {
    sqlite::Statement rows(database_, rows_sql);
    rows.bind(1, lowest).bind(2, upto);
    while (rows.step()) {
        const CountedRow row = row_at(rows);
        for (std::size_t summary = 0; summary < number; ++summary) {
            key_.clear();
            if (row.id > after[summary] && all[summary].key_of(row, key_))
                counts[summary][key_].add(row);
        }
    }
}

void SqliteSummaries::take_off_successes(AllCounts &counts, const Places &after, std::int64_t lowest,
                                         std::int64_t upto) {
    sqlite::Statement successes(database_, successes_sql);
    successes.bind(1, lowest).bind(2, upto);
    while (successes.step()) {
        const CountedRow attempt = row_at(successes); // with the id of the success
        for (std::size_t summary = 0; summary < number; ++summary) {
            key_.clear();
            if (all[summary].has_failures && attempt.id > after[summary] && all[summary].key_of(attempt, key_))
                counts[summary][key_].take_off(attempt);
        }
    }
}

/// In the order of the keys, so that each page is changed once, however large the table is.
void SqliteSummaries::store(const AllCounts &all_counts) {
    for (std::size_t summary = 0; summary < number; ++summary) {
        sqlite::Statement add(database_, all[summary].add);
        all_counts[summary].for_each([&](std::string_view key, const Counts &counts) {
            add.bind(1, counts.events).bind(2, counts.failures).bind(3, counts.successes).bind(4, counts.opened);
            add.bind(5, counts.closed).bind(6, counts.first()).bind(7, counts.last());
            int index = 8;
            for (std::size_t begin = 0, end; begin < key.size(); begin = end + 1, ++index) {
                end = key.find('\0', begin);
                add.bind(index, key.substr(begin, end - begin));
            }
            add.run();
        });
    }
}

std::int64_t SqliteSummaries::advance(std::int64_t most) {
    sqlite::Transaction transaction(database_);
    begin();
    const Places after = ask_places();
    const std::int64_t lowest = std::ranges::min(after), last = last_id(database_);
    std::int64_t upto = noted_upto_;
    try {
        AllCounts read;
        AllCounts &counts = is_noted(after) ? noted_ : read;
        if (&counts == &read) {
            upto = std::min(last, lowest + most);
            if (noted_after_ > lowest)
                upto = std::min(upto, noted_after_); // what was noted can be used then
            else
                forget();
            if (upto <= lowest)
                return 0;
            read_rows(read, after, lowest, upto);
        }
        take_off_successes(counts, after, lowest, upto);
        store(counts);
        sqlite::Statement(database_, "UPDATE summary SET upto = ?1 WHERE upto < ?1").bind(1, upto).run();
        transaction.commit();
    } catch (...) {
        forget();
        throw;
    }
    advanced_upto_ = upto;
    if (upto == noted_upto_) {
        forget();
        noted_after_ = noted_upto_ = upto;
    }
    return last - upto;
}

std::int64_t sqlite_summaries_behind(sqlite::Database &database) {
    return std::max<std::int64_t>(0, last_id(database) - database.number("SELECT min(upto) FROM summary").value_or(0));
}

std::int64_t advance_sqlite_summaries(sqlite::Database &database, std::int64_t most) {
    return SqliteSummaries(database).advance(most);
}

} // namespace iptracking
