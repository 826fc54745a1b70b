// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace iptracking {

/// What became of the events.  Of the first five the daemon counts what happened since its start (`waiting` is what
/// there is now, also from before); the callbacks count what they had to refuse, since the boot.
struct Counters {
    std::uint64_t accepted = 0; ///< lines taken from the pipe
    std::uint64_t stored = 0;
    std::uint64_t waiting = 0, waiting_bytes = 0; ///< taken, and not stored yet
    std::uint64_t damaged = 0;                    ///< could not be read
    std::uint64_t skipped = 0;                    ///< could be read, but the database will never take them
    std::uint64_t refused = 0;                    ///< never came into the pipe: in the journal
    std::uint64_t lost = 0;                       ///< of the refused ones: not in the journal either
};

/// Reads the counts that the callbacks keep beside the pipe: one byte each.
void read_refused(Counters &counters, const std::string &fifo);

/// "3 accepted, 3 stored, 0 waiting (0 bytes)", and of the others those that are not zero.
std::string in_words(const Counters &counters);

} // namespace iptracking
