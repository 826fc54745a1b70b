// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Numbers and names as they stand in sentences.
namespace iptracking {

/// "12,345"
std::string with_commas(std::int64_t number);
/// "1 session", "12,345 sessions"
std::string count_of(std::int64_t number, std::string_view one, std::string_view many);
/// "12,345", or "at least 12,345"
std::string number_of(std::int64_t number, bool at_least);
/// "7 days", "1 hour"
std::string span_in_words(std::int64_t usec);
/// "Monday": the weekdays begin with it.
std::string_view weekday_name(std::size_t weekday);
/// "13:00", of an hour of the day.
std::string hour_name(std::size_t hour);
/// Stored text as it can be shown; an empty one as "".
std::string shown(std::string_view stored);

} // namespace iptracking
