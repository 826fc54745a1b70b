// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace iptracking {

/// The time in front of a line.
struct LogStamp {
    int year = 0; ///< 0: it is not said
    int month = 0, day = 0, hour = 0, minute = 0, second = 0, microsecond = 0;
    std::optional<int> offset; ///< minutes east of UTC; else local time
    bool is_fine = false;      ///< it says more than seconds
};

/// Takes "Nov 20 00:53:20[.123456] " or "2025-11-20T00:53:20[.123456](Z|+01:00|+0100) " from the line; a date that is
/// none is not taken.
std::optional<LogStamp> take_log_stamp(std::string_view &line) noexcept;

/// Microseconds since 1970 UTC; the year must be there.  Remembers the last minute, since mktime(3) is slow.
class LogTime {
public:
    std::optional<std::int64_t> usec(const LogStamp &stamp) noexcept;

private:
    LogStamp minute_;
    std::int64_t minute_usec_ = -1;
};

/// The years of stamps without one.  The lines of a file are in order, so a stamp that goes back by more than a month
/// begins a year.  To be asked twice for each stamp of a file: first `see()`, then `year()`.
class LogYears {
public:
    /// The last line is not later than `latest_usec`, unless a year is given: then it is of that one.
    LogYears(std::int64_t latest_usec, std::optional<int> last_year) : latest_usec_(latest_usec), given_(last_year) {}

    void see(const LogStamp &stamp) noexcept { count(stamp); }
    /// Between the two passes.
    void begin() noexcept;
    /// That of the stamp, said or not.
    int year(const LogStamp &stamp) noexcept;

private:
    void count(const LogStamp &stamp) noexcept;

    std::int64_t latest_usec_;
    std::optional<int> given_;
    std::optional<int> first_year_;
    LogStamp last_;
    int begun_ = 0; ///< years that began since the first line
};

} // namespace iptracking
