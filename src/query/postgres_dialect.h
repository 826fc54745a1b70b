// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/dialect.h"

namespace iptracking {

/// PostgreSQL's; the search_path has to lead to our schema.
const Dialect &postgres_dialect();

} // namespace iptracking
