// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace iptracking {

/// Date and time in the local time zone, or in UTC.
std::tm local_time(std::int64_t usec, bool utc);
/// "2026-11-21"
std::string local_day(std::int64_t usec, bool utc);

} // namespace iptracking
