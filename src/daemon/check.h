// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "daemon/options.h"

namespace iptracking {

/// --check: says what the configuration means, and whether the database can be used.  Changes nothing.
/// Throws a ConfigError for the configuration, an Error for the database.
void check_configuration(const Options &options);

} // namespace iptracking
