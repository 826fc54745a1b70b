// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "query/asked_database.h"

namespace iptracking {

std::unique_ptr<AskedDatabase> open_asked_postgres(const PostgresConfig &config);

} // namespace iptracking
