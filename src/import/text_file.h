// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace iptracking {

/// The lines of a text file, which gzip may have compressed; "-" is standard input.
class TextFile {
public:
    /// Throws an Error for what cannot be opened, or is compressed by somebody else.
    explicit TextFile(const std::string &path);
    ~TextFile();

    const std::string &name() const noexcept { return name_; }
    /// When it was changed last; for standard input, now.
    std::int64_t changed_usec() const noexcept { return changed_usec_; }
    /// Bytes of it, compressed as they are; 0: not known.
    std::uint64_t size() const noexcept { return size_; }
    std::uint64_t read_so_far() const noexcept;

    /// The next line without its newline, until the next call; a line longer than 64 KiB comes without its end.  Half
    /// a line at the end does not come.
    std::optional<std::string_view> next();
    /// From the beginning, again.
    void rewind();
    /// After the last line: what is wrong with the end, as a sentence; empty: nothing.
    const std::string &damage() const noexcept { return damage_; }

private:
    struct Reader;

    void keep_stream();
    std::size_t read_more(char *into, std::size_t size);
    void end();

    std::string name_;
    std::int64_t changed_usec_ = 0;
    std::uint64_t size_ = 0;
    bool is_stream_ = false;         ///< that is not kept yet
    std::unique_ptr<Reader> reader_; ///< none: a stream that is kept
    std::string kept_;
    std::size_t kept_at_ = 0;
    std::string buffer_;
    std::size_t begin_ = 0; ///< of the next line in the buffer
    bool is_at_end_ = false;
    std::string damage_;
};

} // namespace iptracking
