// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace iptracking {

/// $STATE_DIRECTORY, which systemd sets from StateDirectory=; else the one that was built in.
std::string state_directory();
/// $RUNTIME_DIRECTORY, which systemd sets from RuntimeDirectory=; else the one that was built in.
std::string runtime_directory();

} // namespace iptracking
