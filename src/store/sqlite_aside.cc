// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_aside.h"

#include "base/error.h"
#include "base/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <vector>

namespace iptracking {
namespace {

constexpr int most = 9; // a disk that damages every database must not fill with them
constexpr std::chrono::seconds long_enough{5};

/// The database first: SQLite removes a -wal that belongs to none, but would apply it to the next one.
constexpr std::array suffixes{"", "-wal", "-shm"};

bool is_free(const std::string &name) {
    return std::none_of(suffixes.begin(), suffixes.end(), [&](const char *suffix) {
        struct stat status {};
        return ::lstat((name + suffix).c_str(), &status) == 0;
    });
}

std::string damaged(const std::string &file) {
    return "database '" + file + "' is damaged, and ";
}

/// First all names are made, and only then the old ones removed: so the database and its log are never apart, whenever
/// we are killed.
void move_by_links(const std::string &from, const std::string &to) {
    std::vector<const char *> linked;
    for (const char *const suffix : suffixes) {
        if (::link((from + suffix).c_str(), (to + suffix).c_str()) == 0) {
            linked.push_back(suffix);
        } else if (errno != ENOENT) {
            const int error = errno;
            for (const char *const made : linked)
                ::unlink((to + made).c_str());
            throw_errno(error, damaged(from) + "cannot be renamed to '" + to + "'");
        }
    }
    for (const char *const suffix : linked)
        if (::unlink((from + suffix).c_str()) < 0)
            throw_errno(errno, damaged(from) + "cannot be removed");
}

} // namespace

std::string set_sqlite_database_aside(const std::string &file) {
    for (int number = 1; number <= most; ++number) {
        std::string aside = file + ".corrupt-" + std::to_string(number);
        if (is_free(aside)) {
            move_by_links(file, aside);
            return aside;
        }
    }
    throw Error("database '" + file + "' is damaged, as " + std::to_string(most) +
                " before it were: move those away ('" + file + ".corrupt-1' and so on), and look after the disk");
}

bool was_sqlite_database_of_ours(const std::string &file) try {
    // https://www.sqlite.org/fileformat2.html: the magic, and the application id at 68.
    char header[72];
    const UniqueFd fd = open_file(file, O_RDONLY | O_NONBLOCK);
    return read_all_at(fd.get(), header, 0, file) == sizeof(header) &&
           std::string_view(header, 16) == std::string_view("SQLite format 3\0", 16) &&
           std::string_view(header + 68, 4) == "iptr";
} catch (const std::exception &) {
    return false;
}

bool LastingDamage::found(const std::string &file, Clock::time_point now) {
    struct stat status {};
    if (::stat(file.c_str(), &status) < 0) {
        forget();
        return false;
    }
    const Version version{status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
                          status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    if (!first_ || first_->version != version)
        first_ = First{version, now};
    return now - first_->time >= long_enough;
}

} // namespace iptracking
