// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "line/line_buffer.h"
#include "pam_callback/exit_status.h"

/// What a callback leaves beside the pipe when it could not deliver an event, for the next one and for the
/// administrator.  The files are opened without following links, and only regular ones are touched.
namespace iptracking {

/// The circuit breaker, FIFO.stalled: its time of change is that of the last wait in vain.  Younger than a
/// minute, and not from the future: do not wait now.
bool waited_in_vain_recently(const char *fifo);
void remember_waiting_in_vain(const char *fifo);

/// One byte more in FIFO.refused, and the line to the journal as the field IPTRACKING_LINE; if the journal
/// does not take it, one byte more in FIFO.lost.
void record_refusal(const char *fifo, const LineBuffer &line, ExitStatus why);

/// The refusal in words.
const char *reason(ExitStatus why);

} // namespace iptracking
