// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/delivery.h"

#include "pam_callback/clock.h"
#include "pam_callback/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace iptracking {
namespace {

/// A pipe that nobody reads cannot be waited for with poll(2): look again after so long.
constexpr int look_again_milliseconds = 10;

/// When to give up; decided when it is first asked, so a callback that need not wait asks no clock.
class Deadline {
public:
    explicit Deadline(const Options &options) : options_(options) {}

    /// Milliseconds that may still be waited; 0: none.
    int left() {
        if (end_ < 0)
            end_ = options_.timeout_seconds == 0 || waited_in_vain_recently(options_.fifo)
                       ? 0
                       : monotonic_milliseconds() + options_.timeout_seconds * 1000LL;
        if (end_ == 0)
            return 0;
        const long long left = end_ - monotonic_milliseconds();
        return left > 0 ? static_cast<int>(left) : 0;
    }

    /// The status of one that found `why` and has no time left.
    ExitStatus over(ExitStatus why) const {
        if (end_ == 0)
            return options_.timeout_seconds == 0 ? why : ExitStatus::given_up;
        remember_waiting_in_vain(options_.fifo);
        return why;
    }

private:
    const Options &options_;
    long long end_ = -1;
};

/// The opened pipe, or -1 with errno.
int open_pipe(const char *path) {
    const int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat status;
    if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISFIFO(status.st_mode))) {
        close(fd);
        errno = EISDIR; // "something else": what open() itself says for a folder
        return -1;
    }
    return fd;
}

bool is_fifo(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

} // namespace

ExitStatus deliver(const LineBuffer &line, const Options &options) {
    Deadline deadline(options);
    int pipe = -1;
    for (;;) {
        if (pipe < 0)
            pipe = open_pipe(options.fifo);
        if (pipe >= 0 && write(pipe, line.data(), line.size()) == static_cast<ssize_t>(line.size()))
            return ExitStatus::stored;

        switch (errno) {
        case EINTR:
            break;
        case EAGAIN: {
            const int left = deadline.left();
            if (left == 0)
                return deadline.over(ExitStatus::pipe_full);
            pollfd room = {pipe, POLLOUT, 0};
            poll(&room, 1, left);
            break;
        }
        case EPIPE:
            close(pipe);
            pipe = -1;
            [[fallthrough]];
        case ENXIO: {
            if (!is_fifo(options.fifo))
                return ExitStatus::not_a_pipe; // a socket answers so too
            const int left = deadline.left();
            if (left == 0)
                return deadline.over(ExitStatus::no_reader);
            poll(nullptr, 0, left < look_again_milliseconds ? left : look_again_milliseconds);
            break;
        }
        case ENOENT:
            return ExitStatus::pipe_missing;
        case EISDIR:
            return ExitStatus::not_a_pipe;
        default:
            return pipe < 0 ? ExitStatus::pipe_denied : ExitStatus::write_failed;
        }
    }
}

} // namespace iptracking
