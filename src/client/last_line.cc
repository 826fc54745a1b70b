// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/last_line.h"

#include "output/safe_text.h"

#include <cstdio>
#include <ctime>

namespace iptracking {
namespace {

constexpr std::size_t width_of_user = 8, width_of_tty = 12, width_of_host = 16;

std::tm calendar(std::int64_t usec, bool utc) {
    const auto seconds = static_cast<std::time_t>(usec / 1'000'000);
    std::tm time{};
    if (utc)
        ::gmtime_r(&seconds, &time);
    else
        ::localtime_r(&seconds, &time);
    return time;
}

/// Not as the locale has it: scripts read the columns of last(1).
std::string written(std::int64_t usec, bool utc, LastTime form) {
    static constexpr const char *days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char *months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::tm time = calendar(usec, utc);
    char text[64] = "";
    if (form == LastTime::iso) {
        const long offset = time.tm_gmtoff / 60, minutes = offset < 0 ? -offset : offset;
        std::snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld", time.tm_year + 1900,
                      time.tm_mon + 1, time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec, offset < 0 ? '-' : '+',
                      minutes / 60, minutes % 60);
    } else if (form == LastTime::full) {
        std::snprintf(text, sizeof(text), "%s %s %2d %02d:%02d:%02d %d", days[time.tm_wday], months[time.tm_mon],
                      time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec, time.tm_year + 1900);
    } else {
        std::snprintf(text, sizeof(text), "%s %s %2d %02d:%02d", days[time.tm_wday], months[time.tm_mon], time.tm_mday,
                      time.tm_hour, time.tm_min);
    }
    return text;
}

std::string end_of(std::int64_t usec, const LastForm &form) {
    if (form.time != LastTime::brief)
        return written(usec, form.utc, form.time);
    const std::tm time = calendar(usec, form.utc);
    char text[16] = "";
    std::snprintf(text, sizeof(text), "%02d:%02d", time.tm_hour, time.tm_min);
    return text;
}

/// " (01:00)" or "(1+00:58)", as wide as that.
std::string length_of(std::int64_t usec) {
    const std::int64_t minutes = (usec < 0 ? -usec : usec) / 60'000'000, days = minutes / 1440;
    char text[48] = "";
    if (days > 0)
        std::snprintf(text, sizeof(text), "(%s%lld+%02lld:%02lld)", usec < 0 ? "-" : "", static_cast<long long>(days),
                      static_cast<long long>(minutes / 60 % 24), static_cast<long long>(minutes % 60));
    else
        std::snprintf(text, sizeof(text), "%s(%s%02lld:%02lld)", usec < 0 ? "" : " ", usec < 0 ? "-" : "",
                      static_cast<long long>(minutes / 60), static_cast<long long>(minutes % 60));
    return text;
}

/// At least as wide, and cut to it where `most` says so.
std::string padded(const std::string &text, std::size_t width, bool cut) {
    std::string out = cut ? cut_to_columns(text, width) : text;
    for (std::size_t columns = columns_of(out); columns < width; ++columns)
        out += ' ';
    return out;
}

/// What stands behind the time of the login, and the length of the session.
std::pair<std::string, std::string> ending(const LastEntry &entry, const LastForm &form) {
    if (entry.end_usec) {
        const std::string length = length_of(*entry.end_usec - entry.start_usec);
        return {form.time == LastTime::none ? "" : "- " + end_of(*entry.end_usec, form), length};
    }
    if (entry.state == "crash")
        return {"- crash", ""};
    const bool is_brief = form.time == LastTime::brief; // else there is no column to keep to
    if (entry.state == "gone")
        return is_brief ? std::pair{"   gone", "- no logout"} : std::pair{"   gone - no logout", ""};
    return is_brief ? std::pair{"  still", "logged in"} : std::pair{"  still logged in", ""};
}

} // namespace

std::string last_line(const LastEntry &entry, const LastForm &form) {
    std::string line =
        padded(entry.user, width_of_user, !form.full_names) + " " + padded(entry.tty, width_of_tty, false);
    if (!form.no_host && !form.host_at_end)
        line += " " + padded(entry.host, width_of_host, false); // no part of an address is of use
    if (form.time != LastTime::none)
        line += " " + written(entry.start_usec, form.utc, form.time);
    const auto [end, length] = ending(entry, form);
    const std::size_t width_of_end = form.time == LastTime::brief  ? 7
                                     : form.time == LastTime::full ? 26
                                     : form.time == LastTime::iso  ? 27
                                                                   : 0;
    line += " " + padded(end, width_of_end, false) + (end.empty() ? "" : " ") + length;
    if (form.host_at_end && !form.no_host)
        line = padded(line, line.size() + (length.size() < 12 ? 12 - length.size() : 0), false) + " " + entry.host;
    if (!entry.recorded_by.empty())
        line += "  on " + entry.recorded_by;
    while (line.ends_with(' '))
        line.pop_back();
    return line + "\n";
}

std::string last_long_time(std::int64_t usec, bool utc) {
    return written(usec, utc, LastTime::full);
}

} // namespace iptracking
