// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "query/asked_database.h"

#include <cstdint>
#include <vector>

namespace iptracking {

/// Keeps the rows of an answer until the statement that gives them has ended: the first thousands in memory, the others
/// in a temporary file.
class Spool {
public:
    void put(const Row &row);
    using Taker = std::function<bool(Row &)>; ///< false: enough
    void replay(const Taker &take);
    void replay_backwards(const Taker &take);

private:
    void write_out();
    /// From the place in the file.
    std::vector<Row> read_block(std::size_t number) const;

    std::vector<Row> rows_;                                       ///< the last ones
    std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks_; ///< where each begins in the file, and its size
    UniqueFd file_;
};

/// Asks, and gives the rows when the statement has ended, so that the sink may wait.
void ask_at_leisure(AskedDatabase &database, const Sql &question, std::span<const Kind> kinds, const RowSink &sink);

} // namespace iptracking
