// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "pool/place.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>

namespace iptracking {

/// Raw lines on disk, in numbered segment files.  What splice(2) has appended is taken: the size of the last file
/// is the only record of it, so there is no instant at which a kill would lose or double a byte.  A line may run
/// on from one segment into the next.
class Segments {
public:
    /// Opens the folder, which it makes if need be.  `max_bytes`: what the files may hold together; none: 256 MiB,
    /// or a tenth of the file system if that is less.
    Segments(const std::string &folder, std::optional<std::uint64_t> max_bytes);

    enum class Taken {
        some,
        nothing, ///< the pipe is empty
        limit,   ///< max_bytes are waiting; release_until() may make room
        failed,  ///< the file system does not take it, see failure(): the pipe keeps it
    };
    /// Moves what is in the pipe to the end of the last segment, at most 1 MiB.
    Taken take_from(int fifo);
    /// Why the last take_from() failed: "cannot …: No space left on device".
    const std::string &failure() const noexcept { return failure_; }
    /// How many lines were taken since the folder was opened.
    std::uint64_t lines_taken() const noexcept { return lines_taken_; }

    /// Copies what was taken after `from`, over segment ends too, but not over a segment that is missing: there it ends
    /// before size_after(), and no line goes on.  0: nothing more yet.
    std::size_t read(Place from, std::span<char> into) const;
    /// The place `bytes` further on.  They must have been taken.
    Place advance(Place from, std::uint64_t bytes) const;
    /// How many bytes were taken after `from`.
    std::uint64_t size_after(Place from) const;
    struct Lines {
        std::uint64_t lines = 0, bytes = 0; ///< so many bytes were read
    };
    /// Counts the lines that were taken after `from`, in the first `most_bytes` of them.
    Lines count_lines(Place from, std::uint64_t most_bytes) const;

    Place begin() const noexcept;
    Place end() const noexcept;
    /// end() when the folder was opened: what an earlier process left.
    Place end_at_open() const noexcept { return end_at_open_; }

    /// Unlinks what is wholly before `stored`.  True: there is room again.  Where room is needed, what is before it in
    /// the file that it lies in makes room too.
    bool release_until(Place stored) noexcept;

    /// Waits until what was taken is on the disk.  Throws a SystemError.
    void sync();

    void set_max_bytes(std::optional<std::uint64_t> max_bytes);
    std::uint64_t max_bytes() const noexcept { return max_bytes_; }
    /// What the files hold, stored or not; without their holes.
    std::uint64_t size() const noexcept { return size_; }
    int folder() const noexcept { return folder_.get(); }

private:
    struct Segment {
        std::uint64_t number;
        std::uint64_t size;
        std::uint64_t begin = 0; ///< a hole before it
    };

    UniqueFd open_segment(std::uint64_t number, int flags) const;
    void begin_segment();
    ssize_t append_from(int fifo) const noexcept;
    bool release_before(Place stored);
    bool make_room();
    int file_of(const Segment &segment) const;
    Lines lines_in(const Segment &segment, std::uint64_t offset, std::uint64_t size) const;
    std::size_t index_of(std::uint64_t segment) const;
    bool begins_behind_gap(std::size_t index) const;

    std::string path_;
    UniqueFd folder_;
    std::deque<Segment> segments_; ///< never empty; a number is never used twice
    UniqueFd last_;                ///< the file of the last one
    mutable UniqueFd other_;       ///< the file of another one that is being read
    mutable std::uint64_t other_number_ = 0;
    Place end_at_open_;
    Place stored_; ///< of the last release_until()
    std::uint64_t max_bytes_ = 0;
    std::uint64_t segment_limit_ = 0;
    std::uint64_t size_ = 0;
    std::uint64_t lines_taken_ = 0;
    std::uint64_t unsynced_ = 0; ///< the first segment that may not be on the disk; 0: all are
    std::string failure_;
};

} // namespace iptracking
