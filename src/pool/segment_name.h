// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace iptracking {

/// The name of a segment's file in the pool's folder: its number with 16 digits, "0000000000000001.lines".
std::string segment_name(std::uint64_t number);

/// The numbers of the segments in the folder, rising.  Other files are left alone.  Throws a SystemError.
std::vector<std::uint64_t> segments_in(const std::string &folder);

} // namespace iptracking
