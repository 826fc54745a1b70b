// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/owner_rights.h"

#include "base/error.h"
#include "base/file.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace iptracking {

OwnerRights::OwnerRights(const std::string &folder) {
    if (::geteuid() != 0)
        return;
    const struct stat status = status_of(open_file(folder, O_RDONLY | O_DIRECTORY).get(), folder);
    if (status.st_uid == 0)
        return;
    group_ = ::getegid();
    groups_.resize(static_cast<std::size_t>(::getgroups(0, nullptr)));
    if (::getgroups(static_cast<int>(groups_.size()), groups_.data()) < 0)
        throw_errno(errno, "cannot list the groups of this process");
    taken_ = true;
    if (::setgroups(0, nullptr) < 0 || ::setegid(status.st_gid) < 0 || ::seteuid(status.st_uid) < 0) {
        const int error = errno;
        give_back();
        throw_errno(error, "cannot become the owner of '" + folder + "'");
    }
}

OwnerRights::~OwnerRights() {
    give_back();
}

void OwnerRights::give_back() noexcept {
    // With half of somebody's rights nothing may go on.
    if (taken_ && (::seteuid(0) < 0 || ::setegid(group_) < 0 || ::setgroups(groups_.size(), groups_.data()) < 0))
        std::abort();
    taken_ = false;
}

} // namespace iptracking
