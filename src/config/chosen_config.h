// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"

#include <optional>
#include <string>

namespace iptracking {

/// What a command line says about the configuration.
struct ConfigChoice {
    std::string file = IPTRACKING_CONFIGURATION_FILE;
    bool file_given = false;           ///< then it must be there
    std::optional<std::string> schema; ///< of PostgreSQL; beats the file
};

struct ChosenConfig {
    Config config;
    bool from_file = false;
};

/// The configuration, or the defaults where there is no file and none was asked for.  Throws a ConfigError, or an Error
/// if the file cannot be read.
ChosenConfig read_config(const ConfigChoice &choice, const std::string &state_directory);

} // namespace iptracking
