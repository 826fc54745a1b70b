// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <set>

namespace iptracking {

struct Options {
    std::set<std::uint16_t> ports; ///< of this host; 22 if none is given
};

enum class Parsed { run, finished, wrong };

/// `finished`: --help or --version was asked and answered.  `wrong`: what is wrong was said on stderr.
Parsed parse_options(int argc, char **argv, Options &options);

} // namespace iptracking
