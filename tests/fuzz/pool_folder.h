// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "base/file.h"
#include "support.h"

#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

/// What the targets need that look at the pool.  All of it is used again for each input: to make it takes longer than
/// most inputs do.
namespace iptracking::fuzz {

/// A state directory with a pool.
class StateFolder {
public:
    StateFolder() {
        if (::mkdir(pool_path().c_str(), 0700) < 0)
            throw_errno(errno, "cannot make folder '" + pool_path() + "'");
        pool_ = open_file(pool_path(), O_RDONLY | O_DIRECTORY);
    }

    /// To be done before each input.
    void empty() {
        for (const std::string &name : names_in_pool())
            if (::unlinkat(pool(), name.c_str(), 0) < 0 && ::unlinkat(pool(), name.c_str(), AT_REMOVEDIR) < 0)
                throw_errno(errno, "cannot remove '" + name + "'");
        for (const char *const name : {"csvfile.position", "damaged"})
            ::unlink((folder_ / name).c_str());
    }

    const std::string &path() const noexcept { return folder_.path(); }
    std::string pool_path() const { return folder_ / "pool"; }
    int pool() const noexcept { return pool_.get(); }

    std::vector<std::string> names_in_pool() const {
        struct CloseFolder {
            void operator()(DIR *folder) const noexcept { ::closedir(folder); }
        };
        const std::unique_ptr<DIR, CloseFolder> folder{::opendir(pool_path().c_str())};
        std::vector<std::string> names;
        while (const dirent *entry = folder ? ::readdir(folder.get()) : nullptr)
            if (entry->d_name != std::string_view(".") && entry->d_name != std::string_view(".."))
                names.emplace_back(entry->d_name);
        return names;
    }

private:
    test::TempDir folder_;
    UniqueFd pool_;
};

/// A pipe of 64 KiB with both its ends, which do not wait.
struct Pipe {
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
            throw_errno(errno, "cannot make a pipe");
        read_end = UniqueFd{ends[0]};
        write_end = UniqueFd{ends[1]};
    }
    UniqueFd read_end, write_end;
};

} // namespace iptracking::fuzz
