// SPDX-License-Identifier: GPL-2.0-or-later
// Successes after failed attempts from the same address.
#include "event/stored_text.h"
#include "event/timestamp.h"
#include "query/conditions.h"
#include "query/counts.h"
#include "query/questions.h"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace iptracking {
namespace {

constexpr Column columns[] = {
    {"time", "TIME", Kind::time},
    {"user", "USER", Kind::text},
    {"source", "SOURCE", Kind::address},
    {"failures", "FAILURES", Kind::number},
    {"first_failure", "FIRST FAILURE", Kind::time, Need::lesser},
    {"destination", "DESTINATION", Kind::address, Need::lesser},
    {"service", "SERVICE", Kind::text, Need::lesser},
    {"host", "HOST", Kind::text, Need::lesser},
    {"pid", "PID", Kind::number, Need::lesser},
    {"id", "ID", Kind::number, Need::detail},
};
enum At : std::size_t { time, user, source, failures, first_failure };

constexpr std::int64_t hour_usec = 3'600'000'000, day_usec = 24 * hour_usec;
constexpr std::int64_t most_days = 32;       ///< that are looked at together
constexpr std::size_t most_addresses = 1000; ///< that a statement names

/// Of one piece of time: the attempts and successes from some addresses, oldest first.
class Piece {
public:
    Piece(AskedDatabase &database, const Selection &selection) : database_(database), selection_(selection) {}

    /// `addresses`: from others there is nothing; null: that is not known.
    std::vector<Row> look_at(std::int64_t since, std::int64_t until, const std::set<std::string> *addresses) {
        found_.clear();
        failed_.clear();
        since_ = since;
        constexpr std::array kinds{Kind::time,    Kind::text, Kind::address, Kind::number, Kind::number,
                                   Kind::address, Kind::text, Kind::text,    Kind::number, Kind::number};
        database_.ask(question(since, until, addresses), kinds, [&](const Row &row) {
            see(row);
            return true;
        });
        return std::move(found_);
    }

private:
    Sql question(std::int64_t since, std::int64_t until, const std::set<std::string> *addresses) const {
        const Dialect &dialect = database_.dialect();
        const Selection times{.since_usec = since - hour_usec, .until_usec = until};
        Selection wanted = selection_;
        wanted.since_usec = wanted.until_usec = std::nullopt;
        Sql sql;
        const CountedRows rows = dialect.counted_rows(sql, times);
        sql << rows.with << "SELECT " << dialect.time("l.log_date") << ", l.uid, " << dialect.address("l.src_ipaddr")
            << ", CASE WHEN l.outcome = 'success' THEN CASE WHEN " << conditions_of(wanted, dialect, sql)
            << " THEN 2 ELSE 3 END WHEN " << rows.failed << " THEN 1 ELSE 0 END, NULL, "
            << dialect.address("l.dst_ipaddr") << ", l.service, l.host, l.sshd_pid, l.id FROM " << rows.from
            << " WHERE " << time_conditions_of(times, dialect, sql) << " AND "
            << dialect.is_event("l.log_event", "auth");
        if (addresses && addresses->size() <= most_addresses) {
            std::string list;
            for (const std::string &address : *addresses)
                list += (list.empty() ? "" : ", ") + sql.value(address);
            sql << " AND l.src_ipaddr IN (" << list << ")";
        } else {
            sql << " AND l.src_ipaddr IN (SELECT src_ipaddr FROM inet_log AS l WHERE l.outcome = 'success' AND "
                << time_conditions_of(times, dialect, sql) << ")";
        }
        sql << " ORDER BY l.log_date, l.id";
        return sql;
    }

    void see(const Row &row) {
        const auto at = std::get<std::int64_t>(row[time]), what = std::get<std::int64_t>(row[failures]);
        std::deque<std::int64_t> &failed = failed_[std::get<std::string>(row[source])];
        while (!failed.empty() && failed.front() < at - hour_usec)
            failed.pop_front();
        if (what == 1)
            failed.push_back(at);
        if (what != 2 || at < since_ || failed.empty())
            return;
        Row &found = found_.emplace_back(row);
        found[failures] = static_cast<std::int64_t>(failed.size());
        found[first_failure] = failed.front();
        if (found[user] == Cell{std::string(empty_user_text)})
            found[user] = std::string();
    }

    AskedDatabase &database_;
    const Selection &selection_;
    std::int64_t since_ = 0;
    std::unordered_map<std::string, std::deque<std::int64_t>> failed_; ///< when, within the hour before
    std::vector<Row> found_;
};

/// By the summaries: on which days (of UTC) which addresses had a success, and on that day or the one before it a
/// failed attempt.
std::map<std::int64_t, std::set<std::string>> candidates(AskedDatabase &database, std::int64_t since,
                                                         std::int64_t until) {
    const auto day_of = [](std::int64_t usec) {
        return format_utc(std::clamp<std::int64_t>(usec, 0, latest_time_usec)).substr(0, 10);
    };
    Sql sql("SELECT l.day || 'T00:00:00Z', l.src_ipaddr, sum(l.failures), sum(l.successes) FROM address_count AS l "
            "WHERE l.src_ipaddr IN (SELECT src_ipaddr FROM user_addresses) AND l.day >= ");
    sql << sql.value(day_of(since - day_usec)) << " AND l.day <= " << sql.value(day_of(until))
        << " GROUP BY 1, 2 HAVING sum(l.failures) > 0 OR sum(l.successes) > 0 ORDER BY 1";
    constexpr std::array kinds{Kind::time, Kind::address, Kind::number, Kind::number};
    std::map<std::int64_t, std::set<std::string>> found;
    std::map<std::string, std::int64_t> last_failed; // by address
    database.ask(sql, kinds, [&](const Row &row) {
        const auto day = std::get<std::int64_t>(row[0]);
        const auto &address = std::get<std::string>(row[1]);
        if (std::get<std::int64_t>(row[2]) > 0)
            last_failed[address] = day;
        const auto failed = last_failed.find(address);
        if (std::get<std::int64_t>(row[3]) > 0 && failed != last_failed.end() && day - failed->second <= day_usec)
            found[day].insert(address);
        return true;
    });
    return found;
}

} // namespace

std::span<const Column> then_success_columns() {
    return columns;
}

void ask_then_success(AskedDatabase &database, const Selection &selection, std::optional<std::int64_t> limit,
                      const RowSink &sink) {
    const auto [first, last] = edges_of(database);
    const std::int64_t since = std::max(first, selection.since_usec.value_or(first));
    const std::int64_t until = std::min(last + 1, selection.until_usec.value_or(last + 1));
    std::int64_t left = limit.value_or(std::numeric_limits<std::int64_t>::max());
    Piece piece(database, selection);
    const auto show = [&](std::int64_t from, std::int64_t to, const std::set<std::string> *addresses) {
        const std::vector<Row> found = piece.look_at(std::max(from, since), std::min(to, until), addresses);
        for (auto row = found.rbegin(); row != found.rend() && left > 0; ++row, --left)
            if (!sink(*row))
                left = 1;
        return !found.empty();
    };
    if (database.dialect().has_summaries()) {
        for (std::int64_t to = until; to > since && left > 0;) {
            const std::int64_t midnight = (to - 1) / day_usec * day_usec;
            const std::int64_t from = std::max(since, midnight - (most_days - 1) * day_usec);
            const auto days = candidates(database, from, to);
            for (auto day = days.rbegin(); day != days.rend() && left > 0; ++day)
                if (day->first < to && day->first + day_usec > from)
                    show(day->first, day->first + day_usec, &day->second);
            to = from;
        }
        return;
    }
    // The less there is, the longer the pieces.
    for (std::int64_t to = until, days = 1; to > since && left > 0;) {
        const std::int64_t from = to - days * day_usec;
        if (!show(from, to, nullptr))
            days = std::min(2 * days, most_days);
        to = from;
    }
}

} // namespace iptracking
