// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/driver.h"

namespace iptracking {

std::unique_ptr<Driver> make_sqlite_driver(const DriverContext &context, const SqliteConfig &config);

} // namespace iptracking
