// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/answer.h"
#include "query/dialect.h"

#include <vector>

/// Rows of events_columns(), for those who select them.
namespace iptracking::event_rows {

inline constexpr std::size_t time = 0, id = 25;

/// What stands behind SELECT, of inet_log with the alias `l`.
std::string columns(const Dialect &dialect);
const std::vector<Kind> &kinds();
/// Makes of an empty user name what was typed: nothing.
void finish(Row &row);

} // namespace iptracking::event_rows
