// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/found_event.h"

#include <optional>
#include <string_view>

namespace iptracking {

/// A line as callbacks write it and `db export` does, iptracking-line(5).  nullopt: it cannot be read, or is a sample,
/// which is no event.
std::optional<FoundEvent> read_found_line(std::string_view line);

/// What stands behind "origin=" in such a line; nullopt: it names none that is known.
std::optional<Origin> origin_in_line(std::string_view line) noexcept;

} // namespace iptracking
