// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "output/writer.h"

namespace iptracking {

/// Writes events as iptracking/1 lines, iptracking-line(5), with "origin=" where one is known: what `db import --lines`
/// reads back.  `columns` are those of the events, and must live as long as the writer.
///
/// What was truncated to a net is no address any more: it stands as the name of the remote host.
std::unique_ptr<Writer> make_event_line_writer(std::FILE *out, std::span<const Column> columns);

} // namespace iptracking
