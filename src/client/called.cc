// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/directories.h"
#include "client/verb.h"

namespace iptracking {

Config Called::read() const {
    return read_config(config, state_directory()).config;
}

} // namespace iptracking
