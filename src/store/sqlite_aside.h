// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace iptracking {

/// Renames a damaged database, which nobody has open, with its -wal and -shm to FILE.corrupt-1, or the first number
/// up to 9 that is free.  Gives the new name.  Throws an Error, and then the database stays where it was.
std::string set_sqlite_database_aside(const std::string &file);

} // namespace iptracking
