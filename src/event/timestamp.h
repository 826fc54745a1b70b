// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iptracking {

/// The last microsecond of the year 9999: a later one would not sort as text.
inline constexpr std::int64_t latest_time_usec = 253402300799'999'999;

/// Microseconds since 1970 UTC.
std::int64_t now_usec() noexcept;

/// "2026-11-21T13:05:07.123456Z": ISO 8601, UTC; sorts as text.  `usec` is from 0 to latest_time_usec.
std::string format_utc(std::int64_t usec);
/// What format_utc() gave, also without fractions of a second; nullopt for anything else.
std::optional<std::int64_t> parse_utc(std::string_view text) noexcept;

/// "YYYY-MM-DD HH:MM:SS" in the local time zone, to microseconds since 1970 UTC; nullopt for a date that is none.
std::optional<std::int64_t> parse_local(std::string_view text) noexcept;

} // namespace iptracking
