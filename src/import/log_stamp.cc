// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/log_stamp.h"

#include "event/timestamp.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace iptracking {
namespace {

constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::int64_t second = 1'000'000;

/// `size` digits, of which the first may be a blank where `padded`; -1: they are none.
int digits(std::string_view text, std::size_t offset, std::size_t size, bool padded = false) noexcept {
    if (offset + size > text.size())
        return -1;
    int value = 0;
    for (std::size_t i = offset; i < offset + size; ++i) {
        const bool pad = padded && i == offset && text[i] == ' ';
        if (!pad && (text[i] < '0' || text[i] > '9'))
            return -1;
        value = value * 10 + (pad ? 0 : text[i] - '0');
    }
    return value;
}

bool character_is(std::string_view text, std::size_t offset, char wanted) noexcept {
    return offset < text.size() && text[offset] == wanted;
}

/// "HH:MM:SS[.ffffff]" from `offset` on; gives the offset behind it, 0: it is none.
std::size_t read_clock(std::string_view text, std::size_t offset, LogStamp &stamp) noexcept {
    stamp.hour = digits(text, offset, 2);
    stamp.minute = digits(text, offset + 3, 2);
    stamp.second = digits(text, offset + 6, 2);
    if (stamp.hour < 0 || stamp.hour > 23 || stamp.minute < 0 || stamp.minute > 59 || stamp.second < 0 ||
        stamp.second > 60 || !character_is(text, offset + 2, ':') || !character_is(text, offset + 5, ':'))
        return 0;
    offset += 8;
    if (!character_is(text, offset, '.'))
        return offset;
    stamp.is_fine = true;
    ++offset;
    for (int scale = 100'000; digits(text, offset, 1) >= 0; scale /= 10)
        stamp.microsecond += digits(text, offset++, 1) * scale;
    return offset;
}

/// "Z", "+01:00", "+0100"; gives the offset behind it, 0: it is none.
std::size_t read_zone(std::string_view text, std::size_t offset, LogStamp &stamp) noexcept {
    if (character_is(text, offset, 'Z')) {
        stamp.offset = 0;
        return offset + 1;
    }
    const bool west = character_is(text, offset, '-');
    if (!west && !character_is(text, offset, '+'))
        return 0;
    const bool colon = character_is(text, offset + 3, ':');
    const int hours = digits(text, offset + 1, 2), minutes = digits(text, offset + (colon ? 4 : 3), 2);
    if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59)
        return 0;
    stamp.offset = (hours * 60 + minutes) * (west ? -1 : 1);
    return offset + (colon ? 6 : 5);
}

std::size_t read_without_year(std::string_view text, LogStamp &stamp) noexcept {
    const std::size_t month = months.find(text.substr(0, 3));
    if (text.size() < 16 || month == months.npos || month % 3 != 0 || text[3] != ' ' || text[6] != ' ')
        return 0;
    stamp.month = static_cast<int>(month / 3) + 1;
    stamp.day = digits(text, 4, 2, true);
    return read_clock(text, 7, stamp);
}

std::size_t read_with_year(std::string_view text, LogStamp &stamp) noexcept {
    if (!character_is(text, 4, '-') || !character_is(text, 7, '-') ||
        (!character_is(text, 10, 'T') && !character_is(text, 10, ' ')))
        return 0;
    stamp.year = digits(text, 0, 4);
    stamp.month = digits(text, 5, 2);
    stamp.day = digits(text, 8, 2);
    const std::size_t end = stamp.year < 1970 ? 0 : read_clock(text, 11, stamp);
    return end == 0 || character_is(text, end, ' ') ? end : read_zone(text, end, stamp);
}

bool is_date(int year, const LogStamp &stamp) noexcept {
    using namespace std::chrono;
    return stamp.month > 0 && stamp.day > 0 &&
           year_month_day{std::chrono::year{year}, month{static_cast<unsigned>(stamp.month)},
                          day{static_cast<unsigned>(stamp.day)}}
               .ok();
}

/// In the year; good enough to see that it went back.
int day_of(const LogStamp &stamp) noexcept {
    return stamp.month * 31 + stamp.day;
}

} // namespace

std::optional<LogStamp> take_log_stamp(std::string_view &line) noexcept {
    constexpr int leap_year = 2000;
    LogStamp stamp;
    const bool has_year = !line.empty() && line[0] >= '0' && line[0] <= '9';
    const std::size_t end = has_year ? read_with_year(line, stamp) : read_without_year(line, stamp);
    if (end == 0 || !character_is(line, end, ' ') || !is_date(has_year ? stamp.year : leap_year, stamp))
        return std::nullopt;
    line.remove_prefix(end + 1);
    return stamp;
}

std::optional<std::int64_t> LogTime::usec(const LogStamp &stamp) noexcept {
    if (stamp.year != minute_.year || stamp.month != minute_.month || stamp.day != minute_.day ||
        stamp.hour != minute_.hour || stamp.minute != minute_.minute || stamp.offset != minute_.offset) {
        minute_ = stamp;
        minute_usec_ = -1;
        if (!is_date(stamp.year, stamp))
            return std::nullopt; // 29 February of the wrong year
        if (stamp.offset) {
            using namespace std::chrono;
            const sys_days date = year_month_day{year{stamp.year}, month{static_cast<unsigned>(stamp.month)},
                                                 day{static_cast<unsigned>(stamp.day)}};
            const auto time = date + hours{stamp.hour} + minutes{stamp.minute - *stamp.offset};
            minute_usec_ = duration_cast<microseconds>(time.time_since_epoch()).count();
        } else {
            std::array<char, 64> text{};
            std::snprintf(text.data(), text.size(), "%04d-%02d-%02d %02d:%02d:00", stamp.year, stamp.month, stamp.day,
                          stamp.hour, stamp.minute);
            minute_usec_ = parse_local(text.data()).value_or(-1);
        }
    }
    const std::int64_t usec = minute_usec_ + stamp.second * second + stamp.microsecond;
    return minute_usec_ < 0 || usec > latest_time_usec ? std::nullopt : std::optional(usec);
}

void LogYears::count(const LogStamp &stamp) noexcept {
    constexpr int a_month = 31;
    if (day_of(stamp) < day_of(last_) - a_month)
        ++begun_;
    // A line that came late, from before the new year.
    else if (begun_ > 0 && last_.month == 1 && stamp.month == 12)
        --begun_;
    last_ = stamp;
    if (stamp.year != 0 && !first_year_)
        first_year_ = stamp.year - begun_;
}

void LogYears::begin() noexcept {
    if (!first_year_) {
        std::time_t latest = latest_usec_ / second;
        std::tm local{};
        ::localtime_r(&latest, &local);
        int last_year = given_.value_or(local.tm_year + 1900);
        LogStamp last = last_;
        last.year = last_year;
        // A day more: the clock of another machine, or another zone.
        if (const auto usec = LogTime().usec(last); !given_ && usec && *usec > latest_usec_ + 86'400 * second)
            --last_year;
        first_year_ = last_year - begun_;
    }
    last_ = {};
    begun_ = 0;
}

int LogYears::year(const LogStamp &stamp) noexcept {
    count(stamp);
    return stamp.year != 0 ? stamp.year : first_year_.value_or(0) + begun_;
}

} // namespace iptracking
