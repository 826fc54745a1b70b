// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <string>

namespace iptracking {

/// For a file that this user may not read: an Error that says what to do about it.
Error no_right_to_read(const std::string &path);

} // namespace iptracking
