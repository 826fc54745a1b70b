// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/sqlite.h"
#include "store/last_attempts.h"

namespace iptracking {

/// Shows the rows behind an id to `attempts`; no more than the last 131 072.
void learn_attempts(sqlite::Database &database, LastAttempts &attempts, std::int64_t after);

/// Fills attempt_success, which is empty, from the rows that are there; one pass over them.  (A window would sort them
/// all in memory, since that is where temporary tables are.)
void pair_stored_attempts(sqlite::Database &database);

} // namespace iptracking
