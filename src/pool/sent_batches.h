// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"

#include <cstdint>
#include <set>

namespace iptracking {

/// The random numbers of the batches that were sent last to a database server, in the file `pool/sent`.  The server
/// keeps the number of the batch that moved the stream last; if that is none of ours, somebody else writes under the
/// name of our stream: a clone of this host.
class SentBatches {
public:
    /// `folder`: the pool's.  `sync`: a number is on the disk before it is given.
    SentBatches(int folder, bool sync);

    /// A new number, which is kept before it is given.
    std::int64_t add();
    /// The server has answered that it did not take the last one.  So tries that fail for hours make nobody forget the
    /// one whose answer was lost, which may still be committed.
    void take_back();
    bool contains(std::int64_t number) const noexcept { return known_.contains(number); }

    static constexpr std::size_t kept = 256;

private:
    struct Entry {
        std::uint64_t turn;
        std::int64_t number;
    };
    void write(std::size_t slot, const Entry &entry);

    UniqueFd file_;
    bool sync_;
    std::uint64_t turn_ = 0;
    Entry entries_[kept] = {};
    std::set<std::int64_t> known_;
};

} // namespace iptracking
