// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "query/asked_database.h"

namespace iptracking {

std::unique_ptr<AskedDatabase> open_asked_sqlite(const SqliteConfig &config);
/// What is in the CSV file, in a temporary database ($TMPDIR, else /var/tmp).
std::unique_ptr<AskedDatabase> open_asked_csvfile(const CsvConfig &config);

} // namespace iptracking
