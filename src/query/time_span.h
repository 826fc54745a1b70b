// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace iptracking {

/// A number without a unit, at the end of a time span.
enum class NoUnit : std::uint8_t {
    seconds, ///< stands for seconds, as systemd has it
    refused,
};

/// "2h", "1 week 2 days", "1.5h": microseconds; the units of systemd.time(7).  A month (M) is 30.44 days, a year
/// 365.25. nullopt for anything else, and for what is longer than 10000 years.
std::optional<std::int64_t> parse_span(std::string_view text, NoUnit no_unit) noexcept;

} // namespace iptracking
