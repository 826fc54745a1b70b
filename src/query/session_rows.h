// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/answer.h"
#include "query/session_state.h"

#include <string>

/// What rows of sessions have in common.
namespace iptracking::session_rows {

/// Where it stands in a row; the database gives what gone() says as the state.
struct Places {
    std::size_t host, start, end, state, pid;
};

/// A piece of SQL, where Dialect::sessions() stands behind FROM: 'gone' where all connections of the port were sampled
/// and this one was not found, else null.  (Without its port, as where its address was truncated, none is ever found.)
std::string gone();
/// Fills in the state.
void finish_state(Row &row, const Places &at, const ThisHost &this_host);

} // namespace iptracking::session_rows
