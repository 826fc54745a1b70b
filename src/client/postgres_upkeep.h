// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/db.h"
#include "client/postgres_admin.h"

namespace iptracking {

/// How many events a purge would change.
std::int64_t count_postgres(PostgresAdmin &admin, const std::string &before, OldEvents fate);

/// Gives how many events were removed.
std::int64_t purge_postgres(PostgresAdmin &admin, const std::string &before, const Steps &progress);

/// Gives how many events have lost their addresses.
std::int64_t truncate_postgres(PostgresAdmin &admin, const std::string &before, const Steps &progress);

/// Lets the room of removed rows be used again; says so.
void vacuum_postgres(PostgresAdmin &admin);

} // namespace iptracking
