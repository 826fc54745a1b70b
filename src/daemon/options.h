// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/chosen_config.h"

#include <optional>

namespace iptracking {

struct Options {
    ConfigChoice config;
    bool make_fifo = false;
    bool check = false;
};

/// Also sets the log level.  nullopt: --help or --version was asked and answered.  Throws an Error for what cannot
/// be understood.
std::optional<Options> parse_options(int argc, char **argv);

} // namespace iptracking
