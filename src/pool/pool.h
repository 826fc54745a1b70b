// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "pool/backlog.h"
#include "pool/damage.h"
#include "pool/segments.h"
#include "pool/stream.h"

#include <optional>
#include <string>

namespace iptracking {

/// What was taken and where it stands, in the state directory.
struct Pool {
    Pool(const std::string &state_directory, std::optional<std::uint64_t> max_bytes)
        : segments(state_directory + "/pool", max_bytes), stream(segments.folder(), segments.end_at_open()),
          backlog(segments, stream.hint().place().value_or(segments.begin())), damage(state_directory) {}

    Segments segments;
    Stream stream;
    Backlog backlog;
    Damage damage;
};

} // namespace iptracking
