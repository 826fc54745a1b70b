// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iptracking {

/// The name that was probably meant: one that begins so, or differs in two letters at most.  "": none.
std::string nearest(std::string_view word, const std::vector<std::string> &names);

} // namespace iptracking
