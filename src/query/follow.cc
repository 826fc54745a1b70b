// SPDX-License-Identifier: GPL-2.0-or-later
// Events that come while somebody looks.
#include "event/timestamp.h"
#include "query/conditions.h"
#include "query/event_rows.h"
#include "query/questions.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <set>

namespace iptracking {
namespace {

using Clock = std::chrono::steady_clock;

/// Of several writers one may commit later than another who took his ids after him.
constexpr auto longest_commit = std::chrono::seconds(30);
/// Without an index on ids.  What is stored later than this after it happened is no news.
constexpr std::int64_t news_usec = 3'600'000'000;
constexpr std::int64_t already_there = 10'000;

} // namespace

struct EventFollower::Shown {
    std::int64_t upto = 0;                                          ///< all up to this id were shown, or are no news
    std::set<std::int64_t> ids;                                     ///< above it
    std::deque<std::pair<Clock::time_point, std::int64_t>> highest; ///< when which was the highest
};

EventFollower::EventFollower(AskedDatabase &database, const Selection &selection)
    : database_(database), selection_(selection), shown_(std::make_unique<Shown>()) {
    selection_.since_usec = selection_.until_usec = std::nullopt;
    const bool in_order = database.dialect().ids_rise_in_order();
    Sql sql("SELECT max(l.id) FROM inet_log AS l WHERE 1 = 1");
    if (!in_order)
        sql << " AND l.log_date >= " << database.dialect().time_value(sql, now_usec() - news_usec);
    constexpr std::array kinds{Kind::number};
    std::int64_t last = 0;
    database_.ask(sql, kinds, [&](const Row &row) {
        if (const auto *known = std::get_if<std::int64_t>(&row[0]))
            last = *known;
        return true;
    });
    begin_ = last;
    shown_->upto = in_order ? last : std::max<std::int64_t>(0, last - already_there);
    if (!in_order)
        ask([](const Row &) { return true; });
}

EventFollower::~EventFollower() = default;

void EventFollower::ask(const RowSink &sink) {
    const Dialect &dialect = database_.dialect();
    const bool in_order = dialect.ids_rise_in_order();
    Sql sql;
    sql << "SELECT " << event_rows::columns(dialect) << " FROM inet_log AS l WHERE l.id > " << sql.value(shown_->upto)
        << " AND " << conditions_of(selection_, dialect, sql);
    if (!in_order)
        sql << " AND l.log_date >= " << dialect.time_value(sql, now_usec() - news_usec);
    sql << " ORDER BY l.id";
    std::vector<Row> rows;
    database_.ask(sql, event_rows::kinds(), [&](const Row &row) {
        if (shown_->ids.insert(std::get<std::int64_t>(row[event_rows::id])).second)
            rows.push_back(row);
        return true;
    });
    if (!shown_->ids.empty())
        shown_->highest.emplace_back(Clock::now(), *shown_->ids.rbegin());
    while (!shown_->highest.empty() && (in_order || Clock::now() - shown_->highest.front().first > longest_commit)) {
        shown_->upto = std::max(shown_->upto, shown_->highest.front().second);
        shown_->highest.pop_front();
    }
    shown_->ids.erase(shown_->ids.begin(), shown_->ids.upper_bound(shown_->upto));
    for (Row &row : rows) {
        event_rows::finish(row);
        if (!sink(row))
            return;
    }
}

} // namespace iptracking
