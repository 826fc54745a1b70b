// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/time_span.h"

#include <algorithm>
#include <charconv>

namespace iptracking {
namespace {

constexpr std::int64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour, week = 7 * day;
constexpr std::int64_t month = 2'629'800 * second, year = 31'557'600 * second; // as systemd has them
constexpr double longest = 10'000.0 * static_cast<double>(year);

struct Unit {
    std::string_view name;
    std::int64_t usec;
};

constexpr Unit units[] = {
    {"usec", 1},         {"us", 1},          {"µs", 1},         {"μs", 1},        {"msec", 1000},  {"ms", 1000},
    {"seconds", second}, {"second", second}, {"secs", second},  {"sec", second},  {"s", second},   {"minutes", minute},
    {"minute", minute},  {"mins", minute},   {"min", minute},   {"m", minute},    {"hours", hour}, {"hour", hour},
    {"hr", hour},        {"h", hour},        {"days", day},     {"day", day},     {"d", day},      {"weeks", week},
    {"week", week},      {"w", week},        {"months", month}, {"month", month}, {"M", month},    {"years", year},
    {"year", year},      {"y", year},
};

void skip_blanks(std::string_view &text) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::optional<double> take_number(std::string_view &text) noexcept {
    if (text.empty() || text[0] < '0' || text[0] > '9')
        return std::nullopt; // from_chars() would take "-1" and "inf"
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc())
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::optional<std::int64_t> take_unit(std::string_view &text, NoUnit no_unit) noexcept {
    const std::size_t size = std::min(text.find_first_of(" \t.0123456789"), text.size());
    const std::string_view name = text.substr(0, size);
    if (name.empty() && text.empty() && no_unit == NoUnit::seconds)
        return second;
    for (const Unit &unit : units) {
        if (unit.name == name) {
            text.remove_prefix(size);
            return unit.usec;
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<std::int64_t> parse_span(std::string_view text, NoUnit no_unit) noexcept {
    double usec = 0;
    skip_blanks(text);
    if (text.empty())
        return std::nullopt;
    while (!text.empty()) {
        const auto number = take_number(text);
        skip_blanks(text);
        const auto unit = take_unit(text, no_unit);
        if (!number || !unit)
            return std::nullopt;
        usec += *number * static_cast<double>(*unit);
        skip_blanks(text);
    }
    if (!(usec <= longest))
        return std::nullopt;
    return static_cast<std::int64_t>(usec);
}

} // namespace iptracking
