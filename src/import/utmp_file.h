// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "import/utmp_record.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iptracking {

/// The records of a wtmp or btmp, from its beginning.  What is no record is passed over: a write that was cut by a
/// crash must not hide what stands behind it, as it does from last(1).
class UtmpFile {
public:
    explicit UtmpFile(const std::string &path);

    const std::string &name() const noexcept { return name_; }
    std::int64_t changed_usec() const noexcept { return changed_usec_; }
    std::uint64_t size() const noexcept { return size_; }
    std::uint64_t read_so_far() const noexcept { return offset_ - (buffer_.size() - begin_); }

    /// Its texts are there until the next call.
    std::optional<UtmpRecord> next();
    /// Bytes that belong to no record, so far.
    std::uint64_t passed_over() const noexcept { return passed_over_; }
    /// Bytes of half a record at the end.
    std::size_t left_over() const noexcept { return buffer_.size() - begin_; }

private:
    void fill();
    bool is_record() const noexcept;

    std::string name_;
    UniqueFd file_;
    std::int64_t changed_usec_ = 0;
    std::uint64_t size_ = 0, offset_ = 0, passed_over_ = 0;
    UtmpLayout layout_{};
    std::string buffer_;
    std::size_t begin_ = 0; ///< of the next record in the buffer
    bool in_step_ = true;   ///< a record has just ended there, or the file begins
};

} // namespace iptracking
