// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "config/yaml_node.h"
#include "pool/batch.h"
#include "pool/segments.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What several of the tests need.
namespace iptracking::test {

/// A folder that is gone after the test.
class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir &) = delete;
    TempDir &operator=(const TempDir &) = delete;

    const std::string &path() const noexcept { return path_; }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

private:
    std::string path_;
};

std::string read_file(const std::string &path);
void write_file(const std::string &path, std::string_view content);
/// The parts between the separators.
std::vector<std::string> split(std::string_view text, char separator);

/// The time zone of the process, until the end of the test.  `zone` as in $TZ.
class TimeZone {
public:
    explicit TimeZone(const char *zone);
    ~TimeZone();
    TimeZone(const TimeZone &) = delete;
    TimeZone &operator=(const TimeZone &) = delete;

private:
    std::optional<std::string> before_;
};

/// A text in which a ^ marks a place; the text is without it.
struct Marked {
    explicit Marked(std::string_view with_mark);
    std::string text;
    std::size_t column = 0; ///< in bytes from 1, as in one line
    Position where;         ///< as in a file
};

/// A named pipe of 1 MiB, open for reading and writing as systemd opens it.
class Fifo {
public:
    explicit Fifo(const std::string &path);
    /// All of it at once; a pipe without room for it fails the test.
    void write(std::string_view bytes);
    int get() const noexcept { return fd_.get(); }

private:
    UniqueFd fd_;
};

/// A pool of its own, with a pipe in front of it.
class Pool {
public:
    explicit Pool(std::uint64_t max_bytes = 64 * 1024 * 1024);

    /// Through the pipe into the pool.
    void take(std::string_view bytes);
    /// What was taken after `from`.
    std::string bytes_after(Place from) const;

    TempDir folder;
    Fifo fifo;
    Segments segments;
};

/// A batch as fill() makes it of these lines, each of which must be good.
Batch batch_of(std::string_view lines);

} // namespace iptracking::test
