// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/words.h"

#include "output/safe_text.h"

#include <cstdlib>

namespace iptracking {
namespace {

constexpr std::int64_t usec_per_hour = 3'600'000'000, hours_per_day = 24;

} // namespace

std::string with_commas(std::int64_t number) {
    std::string digits = std::to_string(std::llabs(number));
    for (std::size_t from_end = 3; from_end < digits.size(); from_end += 4)
        digits.insert(digits.size() - from_end, ",");
    return (number < 0 ? "-" : "") + digits;
}

std::string count_of(std::int64_t number, std::string_view one, std::string_view many) {
    return with_commas(number) + " " + std::string(number == 1 ? one : many);
}

std::string number_of(std::int64_t number, bool at_least) {
    return (at_least ? "at least " : "") + with_commas(number);
}

std::string span_in_words(std::int64_t usec) {
    const std::int64_t hours = (usec + usec_per_hour / 2) / usec_per_hour;
    const std::int64_t days = (hours + 1) / hours_per_day;
    // A week may have an hour more or less where clocks are changed.
    if (days > 0 && std::llabs(hours - days * hours_per_day) <= 1)
        return count_of(days, "day", "days");
    return count_of(hours, "hour", "hours");
}

std::string_view weekday_name(std::size_t weekday) {
    static constexpr std::string_view names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                 "Friday", "Saturday", "Sunday"};
    return names[weekday];
}

std::string hour_name(std::size_t hour) {
    return (hour < 10 ? "0" : "") + std::to_string(hour) + ":00";
}

std::string shown(std::string_view stored) {
    if (stored.empty())
        return "\"\"";
    std::string text;
    append_safe_text(text, stored);
    return text;
}

} // namespace iptracking
