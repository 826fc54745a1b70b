// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

namespace iptracking {

struct Options {
    std::string config_file = IPTRACKING_CONFIGURATION_FILE;
    bool config_given = false; ///< then it must be there
    bool make_fifo = false;
    bool check = false;
    std::optional<std::string> schema; ///< of PostgreSQL; beats the configuration
};

/// Also sets the log level.  nullopt: --help or --version was asked and answered.  Throws an Error for what cannot
/// be understood.
std::optional<Options> parse_options(int argc, char **argv);

} // namespace iptracking
