// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace iptracking {

/// The size of the character that the text, which is not empty, begins with; 0: it is no valid UTF-8, or a control
/// character.
std::size_t size_of_character(std::string_view text) noexcept;

} // namespace iptracking
