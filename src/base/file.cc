// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include "base/error.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>

namespace iptracking {

UniqueFd open_file_at(int folder, const std::string &name, int flags, mode_t mode) {
    UniqueFd file{::openat(folder, name.c_str(), flags | O_CLOEXEC, mode)};
    if (!file)
        throw_errno(errno, "cannot open '" + name + "'");
    return file;
}

UniqueFd open_file(const std::string &path, int flags, mode_t mode) {
    return open_file_at(AT_FDCWD, path, flags, mode);
}

void write_all_at(int fd, std::string_view bytes, std::uint64_t offset, const std::string &name) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (written < 0) {
            if (errno == EINTR)
                continue;
            throw_errno(errno, "cannot write to '" + name + "'");
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
        offset += static_cast<std::uint64_t>(written);
    }
}

std::size_t read_all_at(int fd, std::span<char> into, std::uint64_t offset, const std::string &name) {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t got = ::pread(fd, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
        if (got < 0) {
            if (errno == EINTR)
                continue;
            throw_errno(errno, "cannot read '" + name + "'");
        }
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

std::optional<std::string> read_small_file(int folder, const std::string &name, std::size_t limit) {
    UniqueFd file{::openat(folder, name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (!file) {
        if (errno == ENOENT)
            return std::nullopt;
        throw_errno(errno, "cannot open '" + name + "'");
    }
    if (!S_ISREG(status_of(file.get(), name).st_mode))
        throw Error("'" + name + "' is not a regular file");
    std::string content(limit + 1, '\0');
    content.resize(read_all_at(file.get(), content, 0, name));
    if (content.size() > limit)
        throw Error("'" + name + "' is longer than " + std::to_string(limit) + " bytes");
    return content;
}

void replace_file(int folder, const std::string &name, std::string_view content, mode_t mode) {
    const std::string aside = name + ".new";
    // What lies there is of a crash, or of somebody who would own what we write.
    if (::unlinkat(folder, aside.c_str(), 0) < 0 && errno != ENOENT)
        throw_errno(errno, "cannot remove '" + aside + "'");
    UniqueFd file = open_file_at(folder, aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    if (::fchmod(file.get(), mode) < 0) // whatever the umask
        throw_errno(errno, "cannot set the mode of '" + aside + "'");
    write_all_at(file.get(), content, 0, aside);
    sync_data(file.get(), aside);
    if (::renameat(folder, aside.c_str(), folder, name.c_str()) < 0)
        throw_errno(errno, "cannot rename '" + aside + "' to '" + name + "'");
}

struct stat status_of(int fd, const std::string &name) {
    struct stat status {};
    if (::fstat(fd, &status) < 0)
        throw_errno(errno, "cannot examine '" + name + "'");
    return status;
}

void sync_data(int fd, const std::string &name) {
    if (::fdatasync(fd) < 0)
        throw_errno(errno, "cannot sync '" + name + "'");
}

} // namespace iptracking
