// SPDX-License-Identifier: GPL-2.0-or-later
#include "sampler/line_output.h"

#include "base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace iptracking {

LineOutput::LineOutput(int fd) : fd_(fd) {
    struct stat status {};
    is_pipe_ = ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
    if (is_pipe_ && ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
        throw_errno(errno, "cannot make it so that no write waits");
}

void LineOutput::write(const LineBuffer &line) {
    if (is_pipe_)
        leave_room(line.size());
    const ssize_t written = ::write(fd_, line.data(), line.size());
    if (written < 0)
        throw_errno(errno, "cannot write a line");
    if (static_cast<std::size_t>(written) != line.size())
        throw Error("cannot write a whole line");
}

void LineOutput::leave_room(std::size_t size) const {
    int used = 0;
    const int capacity = ::fcntl(fd_, F_GETPIPE_SZ);
    if (capacity < 0 || ::ioctl(fd_, FIONREAD, &used) < 0)
        throw_errno(errno, "cannot see how full the pipe is");
    if ((static_cast<std::size_t>(used) + size) * 2 > static_cast<std::size_t>(capacity))
        throw Error("half of the pipe is in use, and the rest is for logins: is iptracking.service running?");
}

} // namespace iptracking
