// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"

#include <string>

namespace iptracking {

/// One daemon at a time in a state directory: holds the lock as long as it lives.  Throws an Error that names the
/// process which has it.
class StateLock {
public:
    explicit StateLock(const std::string &directory);

private:
    UniqueFd file_;
};

} // namespace iptracking
