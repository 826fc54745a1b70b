// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/postgres.h"
#include "pool/batch.h"

#include <cstddef>
#include <string>
#include <vector>

/// Events as the parameters of the functions that store them, sql/postgresql-4.sql: an array for each column, in the
/// binary form of array_recv() but for the enums, whose type has another number in each database, and for cert_serial.
namespace iptracking {

enum class EventColumns {
    of_version_1, ///< what a schema of before version 4 has: the first ones
    all,
};
constexpr std::size_t number_of(EventColumns columns) noexcept {
    return columns == EventColumns::all ? 24 : 15;
}
inline constexpr std::size_t sample_columns = 10;

/// Those of log_events(): all that are no samples.
void append_events(std::vector<postgres::Parameter> &parameters, const Batch &batch, EventColumns columns);

bool has_samples(const Batch &batch) noexcept;
/// Those of log_samples().
void append_samples(std::vector<postgres::Parameter> &parameters, const Batch &batch);

/// "($7, $8, $9)": so many from `first` on.
std::string parameter_list(std::size_t first, std::size_t count);

} // namespace iptracking
