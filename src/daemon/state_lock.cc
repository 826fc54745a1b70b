// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/state_lock.h"

#include "base/error.h"
#include "base/file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>

namespace iptracking {

StateLock::StateLock(const std::string &directory) {
    const std::string name = directory + "/lock";
    file_ = open_file(name, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK)
            throw_errno(errno, "cannot lock '" + name + "'");
        std::string holder = read_small_file(AT_FDCWD, name, 32).value_or("");
        holder.erase(holder.find_last_not_of('\n') + 1);
        throw Error("another iptracking-daemon works in '" + directory + "': process " +
                    (holder.empty() ? "unknown" : holder));
    }
    // For the message above alone: a full disk must not keep us from starting.
    const std::string pid = std::to_string(::getpid()) + "\n";
    static_cast<void>(::ftruncate(file_.get(), 0) == 0 && ::pwrite(file_.get(), pid.data(), pid.size(), 0) > 0);
}

} // namespace iptracking
