// SPDX-License-Identifier: GPL-2.0-or-later
#include "intake/fifo.h"

#include "base/error.h"
#include "base/file.h"

#include <cerrno>
#include <fcntl.h>
#include <systemd/sd-daemon.h>

namespace iptracking {
namespace {

constexpr int pipe_size = 1024 * 1024; // some 8 700 lines; what the socket unit asks for too

} // namespace

UniqueFd adopt_fifo(UniqueFd passed) {
    if (check(sd_is_fifo(passed.get(), nullptr), "cannot examine the passed descriptor") == 0)
        throw Error("the descriptor that systemd passed is not a named pipe: see ListenFIFO= of iptracking.socket");
    const int flags = ::fcntl(passed.get(), F_GETFL);
    if (flags < 0 || ::fcntl(passed.get(), F_SETFL, flags | O_NONBLOCK) < 0)
        throw_errno(errno, "cannot set the named pipe to non-blocking");
    return passed;
}

UniqueFd open_fifo(const std::string &path, bool make) {
    if (make) {
        if (::mkfifo(path.c_str(), 0660) == 0) {
            if (::chmod(path.c_str(), 0660) < 0) // whatever the umask
                throw_errno(errno, "cannot set the mode of '" + path + "'");
        } else if (errno != EEXIST) {
            throw_errno(errno, "cannot make the named pipe '" + path + "'");
        }
    }
    UniqueFd fifo = open_file(path, O_RDWR | O_NONBLOCK | O_NOCTTY);
    if (!S_ISFIFO(status_of(fifo.get(), path).st_mode))
        throw Error("'" + path + "' is not a named pipe");
    static_cast<void>(::fcntl(fifo.get(), F_SETPIPE_SZ, pipe_size)); // a smaller one works too
    return fifo;
}

} // namespace iptracking
