// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "db/sqlite.h"

namespace iptracking {

/// Those of the configuration, as for sqlite3_open_v2().
int sqlite_open_flags(const SqliteConfig &config);

/// Settings for a connection that writes; an empty file becomes readable by the group.  Throws an Error, before it
/// writes anything, for a database that is not ours or newer than this program.
void set_up_sqlite_writer(sqlite::Database &database);

} // namespace iptracking
