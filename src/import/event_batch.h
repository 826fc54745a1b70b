// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/found_event.h"
#include "pool/batch.h"

namespace iptracking {

/// Adds the event to the batch, as if it had come as a line.
void append_to(Batch &batch, const FoundEvent &event);

} // namespace iptracking
