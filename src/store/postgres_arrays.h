// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/postgres.h"
#include "pool/batch.h"

#include <vector>

namespace iptracking {

/// Appends the events of the batch as the parameters of log_events(), sql/postgresql-1.sql: an array for each column,
/// in the binary form of array_recv() but for the enums, whose type has another number in each database.
void append_arrays(std::vector<postgres::Parameter> &parameters, const Batch &batch);

} // namespace iptracking
