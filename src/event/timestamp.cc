// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/timestamp.h"

#include <chrono>
#include <ctime>

namespace iptracking {
namespace {

void put_digits(char *first, unsigned value, int digits) {
    for (int i = digits; i-- > 0; value /= 10)
        first[i] = static_cast<char>('0' + value % 10);
}

/// Exactly `size` digits at `offset`; -1 if they are none.
int digits_at(std::string_view text, std::size_t offset, std::size_t size) noexcept {
    int value = 0;
    for (const char c : text.substr(offset, size)) {
        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

} // namespace

std::int64_t now_usec() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

std::string format_utc(std::int64_t usec) {
    using namespace std::chrono;
    const sys_time<microseconds> time{microseconds{usec}};
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::string text = "0000-00-00T00:00:00.000000Z";
    put_digits(&text[0], static_cast<unsigned>(static_cast<int>(date.year())), 4);
    put_digits(&text[5], static_cast<unsigned>(date.month()), 2);
    put_digits(&text[8], static_cast<unsigned>(date.day()), 2);
    put_digits(&text[11], static_cast<unsigned>(clock.hours().count()), 2);
    put_digits(&text[14], static_cast<unsigned>(clock.minutes().count()), 2);
    put_digits(&text[17], static_cast<unsigned>(clock.seconds().count()), 2);
    put_digits(&text[20], static_cast<unsigned>(clock.subseconds().count()), 6);
    return text;
}

std::optional<std::int64_t> parse_utc(std::string_view text) noexcept {
    using namespace std::chrono;
    const bool fraction = text.size() == 27;
    if ((!fraction && text.size() != 20) || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':' || (fraction && text[19] != '.') || text.back() != 'Z')
        return std::nullopt;
    const int month = digits_at(text, 5, 2), day = digits_at(text, 8, 2);
    const year_month_day date{year{digits_at(text, 0, 4)}, std::chrono::month{static_cast<unsigned>(month)},
                              std::chrono::day{static_cast<unsigned>(day)}};
    const int hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2), second = digits_at(text, 17, 2);
    const int usec = fraction ? digits_at(text, 20, 6) : 0;
    if (!date.ok() || date.year() < year{0} || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60 || usec < 0)
        return std::nullopt;
    const sys_time<microseconds> time =
        sys_days{date} + hours{hour} + minutes{minute} + seconds{second} + microseconds{usec};
    return time.time_since_epoch().count();
}

std::optional<std::int64_t> parse_local(std::string_view text) noexcept {
    if (text.size() != 19 || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const int year = digits_at(text, 0, 4), month = digits_at(text, 5, 2), day = digits_at(text, 8, 2);
    const int hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2), second = digits_at(text, 17, 2);
    using namespace std::chrono;
    const year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                              std::chrono::day{static_cast<unsigned>(day)}};
    // mktime(3) would turn 31 February into 3 March.
    if (year < 1970 || month < 1 || day < 1 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60)
        return std::nullopt;
    std::tm local{};
    local.tm_year = year - 1900;
    local.tm_mon = month - 1;
    local.tm_mday = day;
    local.tm_hour = hour;
    local.tm_min = minute;
    local.tm_sec = second;
    local.tm_isdst = -1;
    const std::time_t seconds = std::mktime(&local);
    if (seconds < 0 || seconds > latest_time_usec / 1'000'000) // a leap second may lead into the year 10000
        return std::nullopt;
    return static_cast<std::int64_t>(seconds) * 1'000'000;
}

} // namespace iptracking
