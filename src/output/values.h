// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/answer.h"

#include <cstdint>
#include <string>

/// Values as programs and as people read them.
namespace iptracking {

/// RFC 3339 with microseconds: "2026-11-21T13:05:07.123456Z", or with the offset of the local zone.
std::string rfc3339(std::int64_t usec, bool utc);
/// "2026-11-21 13:05:07", in UTC with a Z behind it.
std::string time_for_people(std::int64_t usec, bool utc);

/// Seconds with as many digits as needed: "12", "0.25", "-3.000001".
std::string seconds(std::int64_t usec);
/// "12.3 s", "3:04:05", "2d 03:04".
std::string duration_for_people(std::int64_t usec);

/// "1023 B", "1.2 MiB".
std::string bytes_for_people(std::int64_t bytes);

/// "12.3%".
std::string percentage(double ratio);
/// The shortest number that is read back as the same; "" for what is none.
std::string shortest(double value);

/// The cell for a table; "-" for what is not there.  Each text is one word, so that none looks like two columns.
std::string cell_for_people(const Cell &cell, Kind kind, bool utc);
/// The same as one word, for lines that are cut at blanks: times as RFC 3339 to the second, durations as "12.3s", bytes
/// as numbers.
std::string cell_as_word(const Cell &cell, Kind kind, bool utc);

} // namespace iptracking
