// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace iptracking {

/// open(2) with O_CLOEXEC; throws "cannot open 'path': reason".
UniqueFd open_file(const std::string &path, int flags, mode_t mode = 0);
UniqueFd open_file_at(int folder, const std::string &name, int flags, mode_t mode = 0);

/// Writes all of it at `offset`; throws "cannot write to 'name': reason".
void write_all_at(int fd, std::string_view bytes, std::uint64_t offset, const std::string &name);

/// Reads until `into` is full or the file ends; gives the number of bytes.
std::size_t read_all_at(int fd, std::span<char> into, std::uint64_t offset, const std::string &name);

/// The whole file, or nullopt if there is none.  A file above `limit` bytes is an error.
std::optional<std::string> read_small_file(int folder, const std::string &name, std::size_t limit);

/// Replaces the file by a complete new one: written aside, synced, renamed.
void replace_file(int folder, const std::string &name, std::string_view content, mode_t mode);

struct stat status_of(int fd, const std::string &name);
void sync_data(int fd, const std::string &name);

} // namespace iptracking
