// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/answer.h"

/// Columns that several questions have.
namespace iptracking::column {

inline constexpr Column events{"events", "EVENTS", Kind::number, Need::lesser};
inline constexpr Column attempts{"attempts", "ATTEMPTS", Kind::number, Need::lesser};
inline constexpr Column failures{"failures", "FAILURES", Kind::number};
inline constexpr Column successes{"successes", "SUCCESSES", Kind::number, Need::lesser};
inline constexpr Column sessions{"sessions", "SESSIONS", Kind::number, Need::lesser};
inline constexpr Column success_ratio{"success_ratio", "SUCCESS", Kind::ratio};
inline constexpr Column first{"first", "FIRST", Kind::time, Need::lesser};
inline constexpr Column last{"last", "LAST", Kind::time};

} // namespace iptracking::column
