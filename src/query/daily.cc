// SPDX-License-Identifier: GPL-2.0-or-later
// Counts by time.  The database counts quarters of an hour: all zones are made of them.
#include "event/timestamp.h"
#include "query/count_columns.h"
#include "query/counts.h"
#include "query/local_time.h"
#include "query/questions.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

namespace iptracking {
namespace {

template <class... Keys> constexpr auto with_counts(const Keys &...keys) {
    return std::array{keys..., column::events, column::attempts, column::failures, column::successes, column::sessions};
}
constexpr Column hour_column{"hour", "HOUR", Kind::number}, weekday_column{"weekday", "WEEKDAY", Kind::text};
constexpr auto by_start = with_counts(Column{"start", "START", Kind::time});
constexpr auto by_day = with_counts(Column{"day", "DAY", Kind::text});
constexpr auto by_weekday = with_counts(weekday_column);
constexpr auto by_hour = with_counts(hour_column);
constexpr auto by_weekday_hour = with_counts(weekday_column, hour_column);
constexpr const char *weekdays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

constexpr std::int64_t second_usec = 1'000'000, hour_usec = 3600 * second_usec, day_seconds = 86400;
constexpr std::int64_t longest_gap = 400; ///< days: a longer one is that of a clock that was wrong

struct Counts {
    std::int64_t events = 0, failures = 0, successes = 0, sessions = 0;
};

/// What the events of one row have in common: a number that rises by one from row to row, or an hour in microseconds.
class Calendar {
public:
    Calendar(DailyBy by, bool utc) : by_(by), utc_(utc) {}

    std::int64_t key_of(std::int64_t usec) const {
        const std::tm local = local_time(usec, utc_);
        const std::int64_t weekday = (local.tm_wday + 6) % 7;
        switch (by_) {
        case DailyBy::hour:
            return local.tm_hour;
        case DailyBy::weekday:
            return weekday;
        case DailyBy::weekday_hour:
            return weekday * 24 + local.tm_hour;
        case DailyBy::each_hour:
            return usec - (local.tm_min * 60 + local.tm_sec) * second_usec - usec % second_usec;
        default: {
            std::tm date = local;
            date.tm_hour = date.tm_min = date.tm_sec = 0;
            return ::timegm(&date) / day_seconds;
        }
        }
    }

    std::int64_t step() const noexcept { return by_ == DailyBy::each_hour ? hour_usec : 1; }
    std::int64_t steps_a_day() const noexcept { return by_ == DailyBy::each_hour ? 24 : 1; }
    /// All keys that there are; empty: they go on for ever.
    std::int64_t number_of_keys() const noexcept {
        return by_ == DailyBy::hour ? 24 : by_ == DailyBy::weekday ? 7 : by_ == DailyBy::weekday_hour ? 168 : 0;
    }

    Row row_of(std::int64_t key, const Counts &counts) const {
        Row row;
        switch (by_) {
        case DailyBy::weekday:
            row.emplace_back(std::string(weekdays[key]));
            break;
        case DailyBy::weekday_hour:
            row.emplace_back(std::string(weekdays[key / 24]));
            row.emplace_back(key % 24);
            break;
        case DailyBy::day:
            row.emplace_back(format_utc(key * day_seconds * second_usec).substr(0, 10));
            break;
        default:
            row.emplace_back(key);
        }
        row.insert(row.end(), {counts.events, counts.failures + counts.successes, counts.failures, counts.successes,
                               counts.sessions});
        return row;
    }

private:
    DailyBy by_;
    bool utc_;
};

using Table = std::map<std::int64_t, Counts>;

Table count(AskedDatabase &database, const Selection &wanted, const Calendar &calendar) {
    const Selection selection = narrowed(database, without_needless_times(database, wanted));
    const Dialect &dialect = database.dialect();
    Sql question;
    const Counted counted = counted_by(dialect, question, by_quarter(dialect), selection);
    question << counted.with << "SELECT k, sum(n), sum(f), sum(s), sum(o) FROM " << counted.from << " GROUP BY k";
    constexpr std::array kinds{Kind::time, Kind::number, Kind::number, Kind::number, Kind::number};
    Table table;
    database.ask(question, kinds, [&](const Row &row) {
        const auto number = [&](std::size_t i) {
            const auto *known = std::get_if<std::int64_t>(&row[i]);
            return known ? *known : 0;
        };
        Counts &counts = table[calendar.key_of(number(0))];
        counts.events += number(1);
        counts.failures += number(2);
        counts.successes += number(3);
        counts.sessions += number(4);
        return true;
    });
    return table;
}

/// Those without events too: of the time that was asked for, and between events.
void fill(Table &table, const Selection &selection, const Calendar &calendar) {
    if (calendar.number_of_keys() > 0) {
        for (std::int64_t key = 0; key < calendar.number_of_keys(); ++key)
            table[key];
        return;
    }
    const std::int64_t now = now_usec();
    if (selection.since_usec) {
        table[calendar.key_of(std::clamp<std::int64_t>(*selection.since_usec, 0, latest_time_usec))];
        if (*selection.since_usec < now && selection.until_usec.value_or(now) >= now)
            table[calendar.key_of(now)];
    }
    if (selection.until_usec && *selection.until_usec > 0 && *selection.until_usec < now)
        table[calendar.key_of(*selection.until_usec - 1)];
    const std::int64_t step = calendar.step(), longest = longest_gap * calendar.steps_a_day() * step;
    Table gaps;
    for (auto next = table.begin(), before = next++; next != table.end(); before = next++)
        if (next->first - before->first <= longest)
            for (std::int64_t key = before->first + step; key < next->first; key += step)
                gaps[key];
    table.merge(gaps);
}

} // namespace

std::span<const Column> daily_columns(DailyBy by) {
    switch (by) {
    case DailyBy::day:
        return by_day;
    case DailyBy::hour:
        return by_hour;
    case DailyBy::weekday:
        return by_weekday;
    case DailyBy::weekday_hour:
        return by_weekday_hour;
    default:
        return by_start;
    }
}

void ask_daily(AskedDatabase &database, const Selection &selection, DailyBy by, bool utc, const RowSink &sink) {
    const Calendar calendar(by, utc);
    Table table = count(database, selection, calendar);
    if (table.empty())
        return;
    fill(table, selection, calendar);
    for (const auto &[key, counts] : table)
        if (!sink(calendar.row_of(key, counts)))
            return;
}

} // namespace iptracking
