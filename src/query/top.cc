// SPDX-License-Identifier: GPL-2.0-or-later
// Counts by user, address and net.
#include "event/stored_text.h"
#include "query/conditions.h"
#include "query/count_columns.h"
#include "query/counts.h"
#include "query/questions.h"
#include "query/spool.h"
#include "query/tally.h"

#include <array>
#include <utility>

namespace iptracking {
namespace {

template <class... Keys> constexpr auto with_counts(const Keys &...key) {
    return std::array{key...,           column::events,        column::attempts, column::failures, column::successes,
                      column::sessions, column::success_ratio, column::first,    column::last};
}
constexpr auto columns_of_users = with_counts(Column{"user", "USER", Kind::text});
constexpr auto columns_of_addresses = with_counts(Column{"address", "ADDRESS", Kind::address});
constexpr auto columns_of_nets = with_counts(Column{"net", "NET", Kind::address});
constexpr auto columns_of_hosts = with_counts(Column{"host", "HOST", Kind::text});
constexpr auto columns_of_services = with_counts(Column{"service", "SERVICE", Kind::text});
constexpr auto columns_of_all = with_counts();

CountedBy counted_by_of(const Dialect &dialect, const Top &top) {
    switch (top.by) {
    case TopBy::users:
        return by_user();
    case TopBy::hosts:
        return {.key = "l.host"};
    case TopBy::services:
        return {.key = "l.service"};
    case TopBy::addresses:
        return by_address("l.src_ipaddr");
    default:
        return by_address(dialect.net("l.src_ipaddr", top.prefix, top.prefix6));
    }
}

std::string order_of(const Dialect &dialect, TopOrder order, const std::string &key) {
    const std::string in_order = dialect.in_order(key);
    switch (order) {
    case TopOrder::events:
        return " ORDER BY sum(n) DESC, max(z) DESC, " + in_order;
    case TopOrder::failures:
        return " HAVING sum(f) > 0 ORDER BY sum(f) DESC, max(z) DESC, " + in_order;
    default:
        return " ORDER BY " + in_order;
    }
}

Row shown(Cell key, const Sums &sums) {
    if (auto *user = std::get_if<std::string>(&key); user && *user == empty_user_text)
        user->clear();
    return {std::move(key), sums.events,          sums.attempts(), sums.failures, sums.successes,
            sums.sessions,  sums.success_ratio(), sums.first,      sums.last};
}

/// When the first and the last of the events were.
void find_edges(AskedDatabase &database, const Selection &selection, Sums &sums) {
    const Dialect &dialect = database.dialect();
    const auto edge = [&](const char *which, Sql &sql) { // each by itself finds it in the index
        return "(SELECT " + dialect.time(which) + " FROM inet_log AS l WHERE " +
               time_conditions_of(selection, dialect, sql) + ")";
    };
    Sql sql("SELECT ");
    sql << edge("min(l.log_date)", sql) << ", ";
    sql << edge("max(l.log_date)", sql);
    constexpr std::array kinds{Kind::time, Kind::time};
    database.ask(sql, kinds, [&](const Row &row) {
        sums.first = row[0];
        sums.last = row[1];
        return true;
    });
}

void ask_total(AskedDatabase &database, const Selection &selection, const RowSink &sink) {
    const Dialect &dialect = database.dialect();
    Sql question;
    const Counted counted = counted_by(dialect, question, in_one(), selection);
    question << counted.with << "SELECT " << sums_of(dialect) << " FROM " << counted.from;
    Sums sums;
    database.ask(question, Sums::kinds, [&](const Row &row) {
        sums = Sums(row, 0);
        return true;
    });
    if (sums.events == 0)
        return;
    if (selection.is_whole()) // then they may be from a summary
        find_edges(database, selection, sums);
    Row row = shown({}, sums);
    row.erase(row.begin());
    sink(row);
}

} // namespace

std::span<const Column> top_columns(TopBy by) {
    switch (by) {
    case TopBy::users:
        return columns_of_users;
    case TopBy::addresses:
        return columns_of_addresses;
    case TopBy::nets:
        return columns_of_nets;
    case TopBy::hosts:
        return columns_of_hosts;
    case TopBy::services:
        return columns_of_services;
    default:
        return columns_of_all;
    }
}

void ask_top(AskedDatabase &database, const Selection &wanted, const Top &top, const RowSink &sink) {
    Selection selection = without_needless_times(database, wanted);
    const bool counts_addresses = top.by == TopBy::addresses || top.by == TopBy::nets;
    const bool summary_knows =
        (top.by == TopBy::users && selection.from.empty()) || (counts_addresses && selection.users.empty());
    if (!summary_knows)
        selection = narrowed(database, selection);
    if (top.by == TopBy::total)
        return ask_total(database, selection, sink);
    const Dialect &dialect = database.dialect();
    if (dialect.has_summaries()) {
        Sql question;
        const CountedBy by = counts_addresses ? by_address("l.src_ipaddr") : counted_by_of(dialect, top);
        const Counted counted = counted_by(dialect, question, by, selection);
        if (tally(database, question, counted, top,
                  [&](const std::string &key, const Sums &sums) { return sink(shown(key, sums)); }))
            return;
    }
    Sql question;
    const CountedBy by = counted_by_of(dialect, top);
    const Counted counted = counted_by(dialect, question, by, selection);
    const std::string key = counts_addresses ? dialect.address("k") : "k";
    question << counted.with << "SELECT " << key << ", " << sums_of(dialect) << " FROM " << counted.from
             << " WHERE k IS NOT NULL GROUP BY k" << order_of(dialect, top.order, key);
    if (top.limit)
        question << " LIMIT " << question.value(*top.limit);
    std::vector<Kind> kinds{top_columns(top.by)[0].kind};
    kinds.insert(kinds.end(), Sums::kinds.begin(), Sums::kinds.end());
    ask_at_leisure(database, question, kinds, [&](const Row &row) { return sink(shown(row[0], Sums(row, 1))); });
}

void ask_failures(AskedDatabase &database, const Selection &selection, TopBy by, std::optional<std::int64_t> limit,
                  const RowSink &sink) {
    ask_top(database, selection, {.by = by, .order = TopOrder::failures, .limit = limit}, sink);
}

} // namespace iptracking
