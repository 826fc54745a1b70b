// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "event/timestamp.h"
#include "query/local_time.h"
#include "query/questions.h"
#include "report/report.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <string_view>
#include <unistd.h>

namespace iptracking {
namespace {

constexpr std::int64_t usec_per_hour = 3'600'000'000;
constexpr std::int64_t most_slots = 84; // two hours each in a week: still a bar on a phone
constexpr std::int64_t hours_of_slots[] = {1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168, 336, 672, 2016};
constexpr std::int64_t most_nets = 40, most_users = 15;
constexpr std::size_t most_listed = 25;
constexpr std::int64_t most_after_failures = 1000; // of which each takes a look at an hour of rows

/// The cells of a row by the names of their columns.
class Named {
public:
    Named(std::span<const Column> columns, const Row &row) : columns_(columns), row_(row) {}

    std::int64_t number(std::string_view name) const {
        const auto *value = std::get_if<std::int64_t>(&cell(name));
        return value ? *value : 0;
    }
    std::string text(std::string_view name) const {
        const auto *value = std::get_if<std::string>(&cell(name));
        return value ? *value : "";
    }
    std::vector<std::string> texts(std::string_view name) const {
        const auto *value = std::get_if<std::vector<std::string>>(&cell(name));
        return value ? *value : std::vector<std::string>{};
    }
    Counts counts() const { return {number("events"), number("failures"), number("successes"), number("sessions")}; }

private:
    const Cell &cell(std::string_view name) const {
        for (std::size_t i = 0; i < columns_.size(); ++i)
            if (columns_[i].name == name)
                return row_[i];
        throw Error("no answer has a column '" + std::string(name) + "'");
    }

    std::span<const Column> columns_;
    const Row &row_;
};

std::string host_name() {
    char name[256] = "";
    ::gethostname(name, sizeof(name) - 1);
    return name;
}

class Maker {
public:
    Maker(AskedDatabase &database, Selection selection, Report &report)
        : database_(database), selection_(std::move(selection)), report_(report) {}

    void run() {
        Selection before = selection_;
        before.until_usec = report_.since_usec;
        before.since_usec = std::max<std::int64_t>(0, 2 * report_.since_usec - report_.until_usec);
        report_.before = total_of(before);
        count_hours();
        report_.nets = parts_of(TopBy::nets, "net", most_nets);
        report_.users = parts_of(TopBy::users, "user", most_users);
        list_open_sessions();
        ask_new(database_, selection_, std::nullopt,
                [&](const Row &row) { return list(report_.new_pairs, login_of(Named(new_columns(), row))); });
        ask_then_success(database_, selection_, most_after_failures, [&](const Row &row) {
            const Named named(then_success_columns(), row);
            Login login = login_of(named);
            login.failures = named.number("failures");
            return list(report_.after_failures, std::move(login));
        });
        report_.moved_days = moved_days();
        report_.moved_users = moved_users();
        list_new_keys();
        report_.after_failures.at_least = report_.after_failures.total == most_after_failures;
    }

private:
    template <class T> static bool list(Listed<T> &listed, T item) {
        ++listed.total;
        if (listed.shown.size() < most_listed)
            listed.shown.push_back(std::move(item));
        return true;
    }

    static Login login_of(const Named &row) {
        return {.time_usec = row.number("time"),
                .user = row.text("user"),
                .source = row.text("source"),
                .service = row.text("service"),
                .host = row.text("host")};
    }

    static Moved moved_of(const Named &row, std::string_view name) {
        return {row.text(name), row.number("sessions"), row.number("rx_bytes"), row.number("tx_bytes")};
    }

    std::vector<Moved> moved_days() {
        std::map<std::string, Moved> days;
        std::int64_t first = report_.until_usec, last = 0;
        ask_traffic(database_, selection_, {.by = TrafficBy::days, .utc = report_.utc}, [&](const Row &row) {
            const Named named(traffic_columns(TrafficBy::days), row);
            const Moved moved = moved_of(named, "day");
            Moved &day = days[moved.name];
            day.sessions += moved.sessions;
            day.rx_bytes += moved.rx_bytes;
            day.tx_bytes += moved.tx_bytes;
            first = std::min(first, named.number("first"));
            last = std::max(last, named.number("last"));
            return true;
        });
        for (std::int64_t time = first; time < last; time += 12 * usec_per_hour) // a day may have 23 hours
            days[local_day(time, report_.utc)];
        std::vector<Moved> list;
        for (auto &[name, day] : days) {
            day.name = name;
            list.push_back(std::move(day));
        }
        return list;
    }

    std::vector<Moved> moved_users() {
        std::vector<Moved> users;
        ask_traffic(database_, selection_, {.limit = most_users}, [&](const Row &row) {
            users.push_back(moved_of(Named(traffic_columns(TrafficBy::users), row), "user"));
            return true;
        });
        return users;
    }

    void list_new_keys() {
        ask_new_keys(database_, selection_, [&](const Row &row) {
            const Named named(keys_columns(), row);
            return list(report_.new_keys, NewKey{.time_usec = named.number("first"),
                                                 .key = named.text("key"),
                                                 .users = named.texts("users"),
                                                 .addresses = named.texts("addresses")});
        });
    }

    Counts total_of(const Selection &selection) {
        Counts counts;
        ask_top(database_, selection, {.by = TopBy::total}, [&](const Row &row) {
            counts = Named(top_columns(TopBy::total), row).counts();
            return true;
        });
        return counts;
    }

    std::vector<Part> parts_of(TopBy by, std::string_view name, std::int64_t most) {
        std::vector<Part> parts;
        ask_top(database_, selection_, {.by = by, .limit = most}, [&](const Row &row) {
            const Named named(top_columns(by), row);
            if (Part part{named.text(name), named.counts()}; part.counts.attempts() > 0)
                parts.push_back(std::move(part));
            return true;
        });
        std::stable_sort(parts.begin(), parts.end(), [](const Part &one, const Part &other) {
            return one.counts.attempts() > other.counts.attempts();
        });
        return parts;
    }

    /// Each hour is of a slot, of an hour of the week, and of the total.
    void count_hours() {
        const std::int64_t hours = (report_.until_usec - report_.since_usec) / usec_per_hour + 1;
        const auto *const found = std::find_if(std::begin(hours_of_slots), std::end(hours_of_slots) - 1,
                                               [&](std::int64_t one) { return hours / one <= most_slots; });
        report_.slot_hours = *found;
        ask_daily(database_, selection_, DailyBy::each_hour, report_.utc, [&](const Row &row) {
            const Named named(daily_columns(DailyBy::each_hour), row);
            const std::int64_t start = named.number("start");
            const Counts counts = named.counts();
            auto &slots = report_.slots;
            if (slots.empty() || start >= slots.back().start_usec + report_.slot_hours * usec_per_hour)
                slots.push_back({start, {}});
            slots.back().counts += counts;
            hour_of_week(start) += counts;
            report_.total += counts;
            return true;
        });
    }

    Counts &hour_of_week(std::int64_t start_usec) {
        const std::time_t seconds = start_usec / 1'000'000;
        std::tm time{};
        report_.utc ? ::gmtime_r(&seconds, &time) : ::localtime_r(&seconds, &time);
        const int days_after_monday = (time.tm_wday + 6) % 7;
        return report_.week.at(static_cast<std::size_t>(days_after_monday)).at(static_cast<std::size_t>(time.tm_hour));
    }

    /// Whenever they began: one that is open for months is of interest, too.
    void list_open_sessions() {
        Selection ever = selection_;
        ever.since_usec.reset();
        ask_sessions(database_, ever, {}, Sessions::open, [&](const Row &row) {
            const Named named(sessions_columns(), row);
            return list(report_.open, OpenSession{.user = named.text("user"),
                                                  .source = named.text("source"),
                                                  .service = named.text("service"),
                                                  .tty = named.text("tty"),
                                                  .host = named.text("host"),
                                                  .start_usec = named.number("start")});
        });
    }

    AskedDatabase &database_;
    Selection selection_;
    Report &report_;
};

} // namespace

Report make_report(AskedDatabase &database, Selection selection, bool utc) {
    Report report{.host = host_name(), .database = database.target(), .made_usec = now_usec(), .utc = utc};
    report.until_usec = selection.until_usec.value_or(report.made_usec);
    report.since_usec = selection.since_usec.value_or(report.until_usec - usual_report_usec);
    selection.until_usec = report.until_usec;
    selection.since_usec = report.since_usec;
    Maker(database, std::move(selection), report).run();
    return report;
}

} // namespace iptracking
