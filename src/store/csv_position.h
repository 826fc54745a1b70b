// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "pool/place.h"

#include <cstdint>
#include <optional>
#include <string>

namespace iptracking {

/// How far the csvfile driver came: the place in the stream, and the length of the file that belongs to it.
struct CsvPosition {
    Place place;
    std::uint64_t length = 0; ///< of the CSV file, up to the last confirmed line
    /// Of the CSV file, since log rotation renames it; and when it was born, since inodes are used again.
    std::uint64_t device = 0, inode = 0, birth_nsec = 0;
};

/// Keeps the position in two records of one file, written in turn, each with a checksum: whenever a kill or a
/// power cut comes, one of them is whole.
class CsvPositionFile {
public:
    /// `target`: what the position is about; another target's is not ours.
    CsvPositionFile(const std::string &state_directory, const std::string &stream_id, const std::string &target);

    /// The newest whole record; none: nothing was stored yet of this stream in this target.
    std::optional<CsvPosition> position() const noexcept { return position_; }
    /// Durable when it returns.
    void write(const CsvPosition &position);

private:
    std::string name_;
    std::string owner_;
    UniqueFd file_;
    std::uint64_t sequence_ = 0;
    std::optional<CsvPosition> position_;
};

} // namespace iptracking
