// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "config/yaml_map.h"

namespace iptracking {

/// The mapping `database`.
DriverConfig read_database(YamlMap &&database, const std::string &state_directory);

/// The default database of the sqlite3 driver.
SqliteConfig default_database(const std::string &state_directory);

} // namespace iptracking
