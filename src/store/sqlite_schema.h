// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/sqlite.h"

namespace iptracking {

inline constexpr std::int64_t sqlite_schema_version = 5;

/// The version of the schema; 0: the database is empty.  Throws an Error for a database that is not ours, or of a
/// version that is newer than this program.
std::int64_t check_sqlite_schema(sqlite::Database &database);

/// Makes the schema of an empty database, or upgrades an older one, in one transaction.
void prepare_sqlite_schema(sqlite::Database &database);

/// Brings the summaries that trail behind most forward by at most `most` events, in one transaction.  Gives by how many
/// they still do.
std::int64_t advance_sqlite_summaries(sqlite::Database &database, std::int64_t most);

/// By how many events the last of them trails behind.
std::int64_t sqlite_summaries_behind(sqlite::Database &database);

} // namespace iptracking
