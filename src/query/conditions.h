// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/dialect.h"
#include "query/selection.h"
#include "query/sql.h"

#include <string>
#include <string_view>

namespace iptracking {

/// What a row with alias `l` has to fulfil, to stand behind WHERE; "1 = 1" if that is nothing.  The columns are those
/// of inet_log; a view has to have those that are asked for.
std::string conditions_of(const Selection &selection, const Dialect &dialect, Sql &sql);

/// The times alone.
std::string time_conditions_of(const Selection &selection, const Dialect &dialect, Sql &sql);

/// The keys alone, of another column; "1 = 1" if none are asked for.
std::string key_conditions_of(const Selection &selection, const Dialect &dialect, Sql &sql, std::string_view column);

} // namespace iptracking
