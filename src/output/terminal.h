// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace iptracking {

bool is_terminal(int fd) noexcept;

/// $COLUMNS, else what the terminal says, else 80.
unsigned terminal_width(int fd) noexcept;

enum class Colour : std::uint8_t { automatic, always, never };

/// Colours only on a terminal that has some; NO_COLOR, SYSTEMD_COLORS, `wanted`: the later one beats those before it.
bool use_colour(Colour wanted, int fd) noexcept;

/// A bar as long as `share` (0 to 1) of `columns`: of block characters, or of # where the locale has no UTF-8.
std::string bar(double share, unsigned columns);

} // namespace iptracking
