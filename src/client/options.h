// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "client/db.h"
#include "config/chosen_config.h"

#include <optional>
#include <variant>

namespace iptracking {

struct Options {
    ConfigChoice config;
    std::variant<DbInit, DbUpgrade, DbCheck, DbPurge, DbVacuum> verb;
};

class UsageError : public Error {
    using Error::Error;
};

/// nullopt: --help or --version was asked and answered.  Throws a UsageError for what cannot be understood.
std::optional<Options> parse_options(int argc, char **argv);

} // namespace iptracking
