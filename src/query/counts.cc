// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/counts.h"

#include "event/timestamp.h"
#include "query/conditions.h"

#include <algorithm>
#include <array>

namespace iptracking {
namespace {

constexpr std::int64_t day_usec = 86'400'000'000;
constexpr std::int64_t days_that_pay = 2; ///< that a summary has to spare

bool knows(const CountedBy &by, const Selection &selection) {
    return !by.view.empty() && (by.by_address || (selection.from.empty() && selection.to.empty())) &&
           (by.by_user || selection.users.empty()) && selection.services.empty() && selection.hosts.empty() &&
           selection.events.empty() && selection.keys.empty() && selection.outcomes.empty();
}

std::string number_where(const std::string &condition) {
    return "CASE WHEN " + condition + " THEN 1 ELSE 0 END";
}

/// The events themselves.
std::string from_rows(const Dialect &dialect, const CountedRows &rows, const CountedBy &by, const std::string &where) {
    return "SELECT " + by.key + " AS k, 1 AS n, " +
           number_where(dialect.is_event("l.log_event", "auth") + " AND " + rows.failed) + " AS f, " +
           number_where(dialect.is_event("l.log_event", "auth") + " AND l.outcome = 'success'") + " AS s, " +
           number_where(dialect.is_event("l.log_event", "open_session")) +
           " AS o, l.log_date AS a, l.log_date AS z FROM " + rows.from + " WHERE " + where;
}

/// Whole days, without their times.
std::string from_summary(const Dialect &dialect, Sql &sql, const CountedBy &by, Selection selection,
                         std::optional<std::int64_t> since, std::optional<std::int64_t> until) {
    selection.since_usec = selection.until_usec = std::nullopt;
    std::string where = conditions_of(selection, dialect, sql);
    if (since)
        where += " AND " + std::string(by.day) + " >= " + sql.value(format_utc(*since).substr(0, 10));
    if (until)
        where += " AND " + std::string(by.day) + " < " + sql.value(format_utc(*until).substr(0, 10));
    return "SELECT " + (by.view_key.empty() ? by.key : by.view_key) +
           " AS k, l.log_count AS n, l.failures AS f, l.successes AS s, l.opened AS o, " + std::string(by.first) +
           " AS a, " + std::string(by.last) + " AS z FROM " + std::string(by.view) + " AS l WHERE " + where;
}

std::string day_of(std::int64_t usec) {
    return format_utc(std::clamp<std::int64_t>(usec, 0, latest_time_usec)).substr(0, 10);
}

/// The window, cut at the first and the last midnight in it.
struct Cut {
    std::optional<std::int64_t> first_day, end_of_days;
};

std::optional<Cut> cut_at_days(const Selection &selection) {
    Cut cut;
    if (selection.since_usec)
        cut.first_day = (std::max<std::int64_t>(0, *selection.since_usec) + day_usec - 1) / day_usec * day_usec;
    if (selection.until_usec)
        cut.end_of_days = std::max<std::int64_t>(0, *selection.until_usec) / day_usec * day_usec;
    if (cut.first_day && cut.end_of_days && *cut.end_of_days - *cut.first_day < days_that_pay * day_usec)
        return std::nullopt;
    if ((cut.first_day && *cut.first_day > latest_time_usec) ||
        (cut.end_of_days && *cut.end_of_days > latest_time_usec))
        return std::nullopt;
    return cut;
}

} // namespace

CountedBy by_user() {
    return {.key = "l.uid", .view = "user_count", .by_user = true};
}

CountedBy by_address(const std::string &key) {
    return {.key = key, .view = "address_count", .by_address = true};
}

CountedBy in_one() {
    return {.key = "1", .view = "quarter_count", .day = "l.start_date", .last = "l.start_date"};
}

CountedBy by_quarter(const Dialect &dialect) {
    CountedBy by = in_one();
    by.key = dialect.quarter("l.log_date");
    by.view_key = "l.start_date";
    return by;
}

Counted counted_by(const Dialect &dialect, Sql &sql, const CountedBy &by, const Selection &selection) {
    const CountedRows rows = dialect.counted_rows(sql, selection);
    const auto cut = dialect.has_summaries() && knows(by, selection) ? cut_at_days(selection) : std::optional<Cut>{};
    std::string parts;
    if (cut) {
        parts = from_summary(dialect, sql, by, selection, cut->first_day, cut->end_of_days);
        Selection edge = selection;
        if (cut->first_day && cut->first_day != selection.since_usec) {
            edge.until_usec = cut->first_day;
            parts += " UNION ALL " + from_rows(dialect, rows, by, conditions_of(edge, dialect, sql));
        }
        edge = selection;
        if (cut->end_of_days && cut->end_of_days != selection.until_usec) {
            edge.since_usec = cut->end_of_days;
            parts += " UNION ALL " + from_rows(dialect, rows, by, conditions_of(edge, dialect, sql));
        }
    } else {
        parts = from_rows(dialect, rows, by, conditions_of(selection, dialect, sql));
    }
    return {rows.with, "(" + parts + ") AS counted"};
}

std::pair<std::int64_t, std::int64_t> edges_of(AskedDatabase &database) {
    const Dialect &dialect = database.dialect();
    Sql sql("SELECT (SELECT " + dialect.time("min(log_date)") + " FROM inet_log), (SELECT " + // each by the index
            dialect.time("max(log_date)") + " FROM inet_log)");
    constexpr std::array kinds{Kind::time, Kind::time};
    std::pair<std::int64_t, std::int64_t> found{0, -1};
    database.ask(sql, kinds, [&](const Row &row) {
        if (row[0].index() != 0)
            found = {std::get<std::int64_t>(row[0]), std::get<std::int64_t>(row[1])};
        return true;
    });
    return found;
}

Selection without_needless_times(AskedDatabase &database, Selection selection) {
    if (!selection.since_usec && !selection.until_usec)
        return selection;
    const auto [first, last] = edges_of(database);
    if (selection.since_usec && *selection.since_usec <= first)
        selection.since_usec.reset();
    if (selection.until_usec && *selection.until_usec > last)
        selection.until_usec.reset();
    return selection;
}

Selection narrowed(AskedDatabase &database, const Selection &selection) {
    const Dialect &dialect = database.dialect();
    const bool addresses = !selection.from.any_of.empty();
    if (!dialect.has_summaries() || (!addresses && selection.users.any_of.empty()))
        return selection;
    Selection known;
    known.from.any_of = selection.from.any_of;
    if (!addresses)
        known.users.any_of = selection.users.any_of;
    known.exact_users = selection.exact_users;
    Sql sql("SELECT l.start_date, l.end_date FROM "); // min() and max() would not be joined with the view
    sql << (addresses ? "address_count" : "user_count") << " AS l WHERE " << conditions_of(known, dialect, sql);
    if (selection.since_usec)
        sql << " AND l.day >= " << sql.value(day_of(*selection.since_usec));
    if (selection.until_usec)
        sql << " AND l.day <= " << sql.value(day_of(*selection.until_usec));
    constexpr std::array kinds{Kind::time, Kind::time};
    std::int64_t begin = latest_time_usec, end = -1; // nothing to be found
    database.ask(sql, kinds, [&](const Row &row) {
        const auto *first = std::get_if<std::int64_t>(&row[0]), *last = std::get_if<std::int64_t>(&row[1]);
        begin = first ? std::min(begin, *first) : begin;
        end = last ? std::max(end, *last) : end;
        return true;
    });
    return narrowed_to(database, selection, begin, end);
}

Selection narrowed_to(AskedDatabase &database, Selection selection, std::int64_t first, std::int64_t last) {
    // By the index each row costs more than it does when all are read.
    const auto [begin, end] = edges_of(database);
    if (2 * (last - first) > end - begin)
        return selection;
    selection.since_usec = std::max(selection.since_usec.value_or(first), first);
    selection.until_usec = std::min(selection.until_usec.value_or(last + 1), last + 1);
    return selection;
}

std::string sums_of(const Dialect &dialect) {
    return "sum(n), sum(f), sum(s), sum(o), " + dialect.time("min(a)") + ", " + dialect.time("max(z)");
}

Sums::Sums(const Row &row, std::size_t at) : first(row[at + 4]), last(row[at + 5]) {
    const auto number = [&](std::size_t i) {
        const auto *known = std::get_if<std::int64_t>(&row[at + i]); // none: there were no rows
        return known ? *known : 0;
    };
    events = number(0);
    failures = number(1);
    successes = number(2);
    sessions = number(3);
}

void Sums::add(const Sums &other) {
    events += other.events;
    failures += other.failures;
    successes += other.successes;
    sessions += other.sessions;
    first = first.index() == 0 ? other.first : std::min(first, other.first);
    last = std::max(last, other.last);
}

Cell Sums::success_ratio() const {
    return attempts() > 0 ? Cell{static_cast<double>(successes) / static_cast<double>(attempts())} : Cell{};
}

} // namespace iptracking
