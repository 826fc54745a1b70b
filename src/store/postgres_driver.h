// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/driver.h"

namespace iptracking {

/// Stores through the functions of sql/postgresql-1.sql, one batch after the other; never blocks the loop.
std::unique_ptr<Driver> make_postgres_driver(const DriverContext &context, const PostgresConfig &config);

} // namespace iptracking
