// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "line/line_buffer.h"
#include "tcp/connection.h"
#include "tcp/counters.h"

/// A connection as words of a line, iptracking-line(5).
namespace iptracking::tcp {

void append_connection(LineBuffer &line, const Connection &connection);
/// Those that are known.
void append_counters(LineBuffer &line, const Counters &counters);

} // namespace iptracking::tcp
