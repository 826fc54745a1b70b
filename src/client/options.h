// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/verb.h"

namespace iptracking {

struct Options {
    Called called;
    std::unique_ptr<Verb> verb;
};

/// nullopt: --help or --version was asked and answered.  Throws a UsageError for what cannot be understood.
std::optional<Options> parse_options(int argc, char **argv);

} // namespace iptracking
