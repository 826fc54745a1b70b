// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/time_window.h"

#include "event/timestamp.h"
#include "query/time_span.h"
#include "query/written_time.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <unistd.h>

namespace iptracking {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::string_view blanks = " \t";

/// TZ for a moment.
class OtherZone {
public:
    explicit OtherZone(const std::string &zone) {
        if (zone.empty())
            return;
        is_set_ = true;
        if (const char *const before = std::getenv("TZ"))
            before_ = before;
        ::setenv("TZ", (":" + zone).c_str(), 1);
        ::tzset();
    }
    ~OtherZone() {
        if (!is_set_)
            return;
        if (before_)
            ::setenv("TZ", before_->c_str(), 1);
        else
            ::unsetenv("TZ");
        ::tzset();
    }
    OtherZone(const OtherZone &) = delete;
    OtherZone &operator=(const OtherZone &) = delete;

private:
    bool is_set_ = false;
    std::optional<std::string> before_;
};

std::chrono::sys_days today_in(const WrittenTime &written, std::int64_t now_usec) {
    std::time_t now = static_cast<std::time_t>(now_usec / second);
    std::tm fields{};
    if (written.offset) {
        now += *written.offset;
        ::gmtime_r(&now, &fields);
    } else {
        ::localtime_r(&now, &fields);
    }
    using namespace std::chrono;
    return sys_days{year{fields.tm_year + 1900} / month{static_cast<unsigned>(fields.tm_mon + 1)} /
                    std::chrono::day{static_cast<unsigned>(fields.tm_mday)}};
}

/// "": it can be.
std::string why_not(const WrittenTime &written) {
    if (!written.date)
        return "";
    if (!written.date->ok()) // mktime(3) would turn 31 February into 3 March
        return "there is no such day";
    const bool is_that =
        !written.weekday || std::chrono::weekday{*written.date} == std::chrono::weekday{*written.weekday};
    return is_that ? "" : "it is another day of the week";
}

std::chrono::sys_days day_of(const WrittenTime &written, std::int64_t now_usec) {
    using namespace std::chrono;
    const sys_days today = today_in(written, now_usec);
    if (!written.date && !written.weekday)
        return today + days{written.days_from_today};
    if (!written.date)
        return today - (weekday{today} - weekday{*written.weekday});
    return sys_days{*written.date};
}

/// mktime(3) with one idea of summer time; its own choice, -1, hangs on what it was asked before.
struct LocalTime {
    std::time_t seconds;
    bool shows_what_was_asked;
};

LocalTime local_time(std::tm fields, int summer) {
    const std::tm asked = fields;
    fields.tm_isdst = summer;
    const std::time_t seconds = std::mktime(&fields);
    return {seconds, fields.tm_mday == asked.tm_mday && fields.tm_hour == asked.tm_hour &&
                         fields.tm_min == asked.tm_min && fields.tm_isdst == summer};
}

std::time_t one_of(const LocalTime &summer, const LocalTime &winter, const WrittenTime &written) {
    if (written.summer)
        return *written.summer ? summer.seconds : winter.seconds;
    if (summer.shows_what_was_asked != winter.shows_what_was_asked)
        return summer.shows_what_was_asked ? summer.seconds : winter.seconds;
    const bool comes_twice = summer.shows_what_was_asked;
    return comes_twice ? std::min(summer.seconds, winter.seconds) : std::max(summer.seconds, winter.seconds);
}

std::int64_t seconds_of(const WrittenTime &written, std::chrono::sys_days day) {
    const std::chrono::year_month_day date{day};
    if (written.offset)
        return day.time_since_epoch().count() * 86400LL + written.hour * 3600 + written.minute * 60 + written.second -
               *written.offset;
    std::tm fields{};
    fields.tm_year = static_cast<int>(date.year()) - 1900;
    fields.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
    fields.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
    fields.tm_hour = written.hour;
    fields.tm_min = written.minute;
    const LocalTime summer = local_time(fields, 1), winter = local_time(fields, 0);
    return one_of(summer, winter, written) + written.second; // 60 too
}

std::optional<std::int64_t> within_range(std::int64_t usec) {
    return usec < 0 || usec > latest_time_usec ? std::nullopt : std::optional(usec);
}

/// What is before 1970 is before all events.
std::optional<std::int64_t> moved(std::int64_t now_usec, std::optional<std::int64_t> span, int direction) {
    if (!span)
        return std::nullopt;
    return within_range(std::max<std::int64_t>(0, now_usec + direction * *span));
}

std::optional<std::int64_t> parse_calendar(std::string_view text, std::int64_t now_usec) {
    const auto written = read_written_time(text);
    if (!written || !why_not(*written).empty())
        return std::nullopt;
    const OtherZone zone(written->zone);
    return within_range(seconds_of(*written, day_of(*written, now_usec)) * second + written->usec);
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = std::min(text.find_first_not_of(blanks), text.size());
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// The text before the word, if it ends so.
std::optional<std::string_view> before_word(std::string_view text, std::string_view word) {
    if (text.size() <= word.size() || lower_case(text.substr(text.size() - word.size())) != word)
        return std::nullopt;
    const std::string_view before = text.substr(0, text.size() - word.size());
    return trimmed(before) == before ? std::nullopt : std::optional(before);
}

} // namespace

std::optional<std::int64_t> parse_when(std::string_view untrimmed, std::int64_t now_usec) {
    const std::string_view text = trimmed(untrimmed);
    if (text.empty())
        return std::nullopt;
    if (lower_case(text) == "now")
        return now_usec;
    if (text[0] == '@')
        return text.find_first_not_of("0123456789.", 1) == std::string_view::npos
                   ? moved(0, parse_span(text.substr(1), NoUnit::seconds), 1)
                   : std::nullopt;
    if (text[0] == '+' || text[0] == '-')
        return moved(now_usec, parse_span(text.substr(1), NoUnit::seconds), text[0] == '+' ? 1 : -1);
    if (const auto span = before_word(text, "ago"))
        return moved(now_usec, parse_span(*span, NoUnit::seconds), -1);
    if (const auto span = before_word(text, "left"))
        return moved(now_usec, parse_span(*span, NoUnit::seconds), 1);
    if (const auto time = parse_calendar(text, now_usec))
        return time;
    return moved(now_usec, parse_span(text, NoUnit::refused), -1);
}

std::string why_no_time(std::string_view text) {
    const auto written = read_written_time(trimmed(text));
    return written ? why_not(*written) : "";
}

std::string unknown_zone() {
    const char *const chosen = std::getenv("TZ");
    if (!chosen || !*chosen)
        return "";
    const std::string name(chosen + (*chosen == ':' ? 1 : 0));
    if (name == "UTC" || name.find_first_of("0123456789") != name.npos) // "CET-1CEST"
        return "";
    const char *const folder = std::getenv("TZDIR");
    const std::string file =
        name.starts_with('/') ? name : std::string(folder ? folder : "/usr/share/zoneinfo") + "/" + name;
    return ::access(file.c_str(), R_OK) == 0 ? "" : name;
}

} // namespace iptracking
