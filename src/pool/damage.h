// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace iptracking {

/// Lines that cannot be read: copied aside into the file `damaged` of the state directory as long as it is below
/// 1 MiB, and counted.
class Damage {
public:
    explicit Damage(const std::string &state_directory);

    void add(std::string_view text) noexcept;
    std::uint64_t count() const noexcept { return count_; }

private:
    UniqueFd file_;
    std::uint64_t size_ = 0;
    std::uint64_t count_ = 0;
};

} // namespace iptracking
