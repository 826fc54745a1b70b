// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "pool/place.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace iptracking {

/// What is in the pool and will never be in a database: copied aside into the file `damaged` of the state directory
/// as long as it is below 1 MiB.
class Damage {
public:
    explicit Damage(const std::string &state_directory) : name_(state_directory + "/damaged") {}

    /// Bytes at `place` that are no line; counts them.  False: they were added before, since a batch that could not
    /// be stored is read again.
    bool add(Place place, std::string_view text) noexcept;
    /// Copies aside without counting: a line that can be read, but not be stored.
    void copy(std::string_view text) noexcept;

    std::uint64_t count() const noexcept { return count_; }

private:
    bool open() noexcept;

    std::string name_;
    UniqueFd file_; ///< opened when it is needed
    std::uint64_t size_ = 0;
    std::uint64_t count_ = 0;
    Place next_; ///< what is before it was added
};

} // namespace iptracking
