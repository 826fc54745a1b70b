// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iptracking {

/// What parse_when() takes, for messages.
inline constexpr char accepted_times[] =
    "'2h' or '2 hours ago', 'today', 'yesterday 18:00', 'monday', '2026-11-20 18:00:30', '2026-11-20T18:00:30Z', "
    "'20261120' or '@1763600000'";

/// A time as people write it, in microseconds since 1970 UTC; nullopt for what is none.  All of journalctl(1)'s
/// --since=, and more:
///
///     now
///     -2h, +5min, 2 hours ago, 3 days left; 2h alone is "2h ago"
///     [monday] [2026-11-20 | 26-11-20 | 20261120 | today | yesterday | tomorrow] [18:00[:30[.5]]] [ZONE]
///     20261120180000, 2026-11-20T18:00:30Z, …+01:00, @1763600000[.5]
///
/// A weekday alone is the last such day, today too; beside a date it has to be right.  Without a date it is today,
/// without a time 00:00.  31 February is no date.  ZONE: UTC, Z, +01:00, +0100, CET (one of the local zone), or
/// Europe/Berlin; else the local zone.
///
/// Where clocks are put back, an hour comes twice: it is the first one.  Where they are put forward, an hour is left
/// out: 02:30 is the moment 30 minutes after the clocks were put forward, 03:30.
///
/// Not for programs with threads: for a named zone it sets TZ for a moment.
std::optional<std::int64_t> parse_when(std::string_view text, std::int64_t now_usec);
/// What is wrong with a date that it refuses: "there is no such day"; else "".
std::string why_no_time(std::string_view text);

/// What TZ names where there is no such zone, else "".  The C library takes UTC then, and says nothing.
std::string unknown_zone();

} // namespace iptracking
