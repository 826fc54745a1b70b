// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/db.h"
#include "db/sqlite.h"

namespace iptracking {

// What is done to a SQLite database of the newest schema while a daemon writes to it.

/// Gives how many events were removed.
std::int64_t purge_sqlite(sqlite::Database &database, const std::string &before, const Steps &progress);

/// Gives how many events have lost their addresses.
std::int64_t truncate_sqlite(sqlite::Database &database, const std::string &before, const Steps &progress);

/// Writes the file anew without what is free in it; says what came of it, with `target` as the database's name.
void vacuum_sqlite(sqlite::Database &database, const std::string &target);

} // namespace iptracking
