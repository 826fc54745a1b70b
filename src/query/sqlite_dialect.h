// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/sqlite.h"
#include "query/dialect.h"

namespace iptracking {

/// SQLite's, with functions of our own: net_of(address, prefix, prefix6) and in_net(address, net).
const Dialect &sqlite_dialect();

/// Makes the functions known to a connection.
void add_sqlite_functions(sqlite::Database &database);

} // namespace iptracking
