// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"

#include <string>

namespace iptracking {

/// The FIFO as systemd passed it; throws an Error if it is none.
UniqueFd adopt_fifo(UniqueFd passed);

/// Opens the FIFO at `path`, for a daemon that is started by hand.  `make`: where there is none, with mode 0660.
/// Opened for reading and writing, so that it stays open between writers.
UniqueFd open_fifo(const std::string &path, bool make);

} // namespace iptracking
