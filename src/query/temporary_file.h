// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"

#include <string>

namespace iptracking {

/// $TMPDIR, else /var/tmp: what is put there may be large.
std::string temporary_folder();

/// A new file there that has no name any more.
UniqueFd temporary_file();

} // namespace iptracking
