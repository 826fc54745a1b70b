// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_aside.h"

#include "base/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <sys/stat.h>

namespace iptracking {
namespace {

constexpr int most = 9; // a disk that damages every database must not fill with them

/// The database itself last: without it the other two would be taken for those of the next one.
constexpr std::array suffixes{"-wal", "-shm", ""};

bool is_free(const std::string &name) {
    return std::all_of(suffixes.begin(), suffixes.end(), [&](const char *suffix) {
        struct stat status {};
        return ::lstat((name + suffix).c_str(), &status) < 0 && errno == ENOENT;
    });
}

} // namespace

std::string set_sqlite_database_aside(const std::string &file) {
    for (int number = 1; number <= most; ++number) {
        const std::string aside = file + ".corrupt-" + std::to_string(number);
        if (!is_free(aside))
            continue;
        for (const char *const suffix : suffixes)
            if (::rename((file + suffix).c_str(), (aside + suffix).c_str()) < 0 && errno != ENOENT)
                throw_errno(errno, "database '" + file + "' is damaged, and cannot be renamed to '" + aside + "'");
        return aside;
    }
    throw Error("database '" + file + "' is damaged, as " + std::to_string(most) +
                " before it were: move those away ('" + file + ".corrupt-1' and so on), and look after the disk");
}

} // namespace iptracking
