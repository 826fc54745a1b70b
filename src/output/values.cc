// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/values.h"

#include "event/timestamp.h"
#include "output/safe_text.h"

#include <charconv>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace iptracking {
namespace {

constexpr std::int64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

struct BrokenTime {
    std::tm fields{};
    int usec = 0;
};

BrokenTime broken_down(std::int64_t usec, bool utc) {
    const std::int64_t within = ((usec % second) + second) % second;
    const auto seconds_since = static_cast<std::time_t>((usec - within) / second);
    BrokenTime time{.usec = static_cast<int>(within)};
    if (utc)
        ::gmtime_r(&seconds_since, &time.fields);
    else
        ::localtime_r(&seconds_since, &time.fields);
    return time;
}

__attribute__((format(printf, 1, 2))) std::string formatted(const char *format, ...) {
    char text[64];
    std::va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    return text;
}

long long whole(std::int64_t number) {
    return static_cast<long long>(number);
}

/// Texts are words, so that a list's items can be told apart.
std::string words(const std::vector<std::string> &items) {
    std::string text;
    for (const std::string &item : items)
        text.append(text.empty() ? "" : " ").append(terminal_word(item));
    return text.empty() ? "-" : text;
}

} // namespace

std::string rfc3339(std::int64_t usec, bool utc) {
    if (utc && usec >= 0 && usec <= latest_time_usec)
        return format_utc(usec);
    const BrokenTime time = broken_down(usec, utc);
    const std::tm &is = time.fields;
    std::string text = formatted("%04d-%02d-%02dT%02d:%02d:%02d.%06d", is.tm_year + 1900, is.tm_mon + 1, is.tm_mday,
                                 is.tm_hour, is.tm_min, is.tm_sec, time.usec);
    if (utc)
        return text + "Z";
    const long offset = std::labs(is.tm_gmtoff) / 60;
    return text + formatted("%c%02ld:%02ld", is.tm_gmtoff < 0 ? '-' : '+', offset / 60, offset % 60);
}

std::string time_for_people(std::int64_t usec, bool utc) {
    const std::tm is = broken_down(usec, utc).fields;
    return formatted("%04d-%02d-%02d %02d:%02d:%02d", is.tm_year + 1900, is.tm_mon + 1, is.tm_mday, is.tm_hour,
                     is.tm_min, is.tm_sec) +
           (utc ? "Z" : "");
}

std::string seconds(std::int64_t usec) {
    const std::int64_t size = usec < 0 ? -usec : usec;
    std::string text = (usec < 0 ? "-" : "") + std::to_string(size / second);
    if (size % second == 0)
        return text;
    text += formatted(".%06d", static_cast<int>(size % second));
    return text.substr(0, text.find_last_not_of('0') + 1);
}

std::string duration_for_people(std::int64_t usec) {
    if (usec < 0)
        return "-" + duration_for_people(-usec);
    if (usec < minute)
        return formatted("%lld.%lld s", whole(usec / second), whole(usec % second / (second / 10)));
    if (usec < day)
        return formatted("%lld:%02lld:%02lld", whole(usec / hour), whole(usec % hour / minute),
                         whole(usec % minute / second));
    return formatted("%lldd %02lld:%02lld", whole(usec / day), whole(usec % day / hour), whole(usec % hour / minute));
}

std::string bytes_for_people(std::int64_t bytes) {
    static constexpr const char *units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    constexpr double rounded_up = 1023.95; // "1024.0 KiB" is 1.0 MiB
    if (bytes > -1024 && bytes < 1024)
        return std::to_string(bytes) + " B";
    std::size_t unit = 0;
    double number = static_cast<double>(bytes) / 1024;
    for (; std::abs(number) >= rounded_up && unit + 1 < std::size(units); ++unit)
        number /= 1024;
    return formatted("%.1f %s", number, units[unit]);
}

std::string percentage(double ratio) {
    return std::isfinite(ratio) ? formatted("%.1f%%", ratio * 100) : "-";
}

std::string shortest(double value) {
    if (!std::isfinite(value))
        return "";
    char text[64];
    const auto [end, error] = std::to_chars(text, text + sizeof(text), value);
    return {text, error == std::errc() ? end : text};
}

std::string cell_for_people(const Cell &cell, Kind kind, bool utc) {
    if (const auto *text = std::get_if<std::string>(&cell))
        return terminal_word(*text);
    if (const auto *list = std::get_if<std::vector<std::string>>(&cell))
        return words(*list);
    if (const auto *is = std::get_if<bool>(&cell))
        return *is ? "yes" : "no";
    if (const auto *number = std::get_if<std::int64_t>(&cell)) {
        if (kind == Kind::time)
            return time_for_people(*number, utc);
        if (kind == Kind::bytes)
            return bytes_for_people(*number);
        return kind == Kind::duration ? duration_for_people(*number) : std::to_string(*number);
    }
    if (const auto *real = std::get_if<double>(&cell)) {
        if (kind == Kind::ratio)
            return percentage(*real);
        return std::isfinite(*real) ? formatted("%.2f", *real) : "-";
    }
    return "-";
}

std::string cell_as_word(const Cell &cell, Kind kind, bool utc) {
    const auto *number = std::get_if<std::int64_t>(&cell);
    if (number && kind == Kind::time)
        return rfc3339(*number, utc).erase(19, 7); // the fraction
    if (number && kind == Kind::duration)
        return seconds(*number) + "s";
    if (number && kind == Kind::bytes)
        return std::to_string(*number);
    return cell_for_people(cell, kind, utc);
}

} // namespace iptracking
