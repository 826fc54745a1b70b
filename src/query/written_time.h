// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iptracking {

/// What was written of a day, a time and a zone.
struct WrittenTime {
    std::optional<unsigned> weekday;                 ///< 0: Sunday
    std::optional<std::chrono::year_month_day> date; ///< may be 31 February
    int days_from_today = 0;                         ///< without a date
    int hour = 0, minute = 0, second = 0;
    std::int64_t usec = 0;
    std::optional<int> offset; ///< of the zone, in seconds
    std::optional<int> summer; ///< of the local zone: which half of it
    std::string zone;          ///< by name
};

/// "[weekday] [date] [time] [zone]" as parse_when() takes it; nullopt for anything else.
std::optional<WrittenTime> read_written_time(std::string_view text);

/// Of ASCII.
std::string lower_case(std::string_view text);

} // namespace iptracking
