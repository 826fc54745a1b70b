// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/refusal.h"

#include "pam_callback/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

namespace iptracking {
namespace {

constexpr long long breaker_seconds = 60;
constexpr int journal_wait_milliseconds = 200;

/// Opens FIFO+suffix; -1 if it cannot be, or is not a regular file.
int open_beside(const char *fifo, const char *suffix, int flags) {
    char path[PATH_MAX];
    const size_t fifo_size = strlen(fifo), suffix_size = strlen(suffix) + 1;
    if (fifo_size + suffix_size > sizeof(path))
        return -1;
    memcpy(path, fifo, fifo_size);
    memcpy(path + fifo_size, suffix, suffix_size);
    const int fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
    struct stat status;
    if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        return -1;
    }
    return fd;
}

void count_one(const char *fifo, const char *suffix) {
    const int fd = open_beside(fifo, suffix, O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0)
        return;
    const ssize_t written = write(fd, ".", 1);
    static_cast<void>(written); // a full /run: the exit status still tells
    close(fd);
}

/// One datagram of journald's native protocol, https://systemd.io/JOURNAL_NATIVE_PROTOCOL/.  The line has no
/// newline inside, so the plain form of a field serves.
bool send_to_journal(const LineBuffer &line, ExitStatus why) {
    static const char head[] = "MESSAGE_ID=a100bc82bb3c4159b69ae85d29eba2f6\n"
                               "PRIORITY=4\n"
                               "SYSLOG_IDENTIFIER=iptracking-pam-callback\n"
                               "SYSLOG_FACILITY=10\n"
                               "MESSAGE=event was refused: ";
    const char *why_text = reason(why);
    iovec parts[] = {
        {const_cast<char *>(head), sizeof(head) - 1},
        {const_cast<char *>(why_text), strlen(why_text)},
        {const_cast<char *>("\nIPTRACKING_LINE="), strlen("\nIPTRACKING_LINE=")},
        {const_cast<char *>(line.data()), line.size()},
    };
    sockaddr_un address = {AF_UNIX, "/run/systemd/journal/socket"};
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool sent = false;
    if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0) {
        sent = writev(fd, parts, 4) > 0;
        const long long end = monotonic_milliseconds() + journal_wait_milliseconds;
        while (!sent && errno == EAGAIN) {
            const long long left = end - monotonic_milliseconds();
            if (left <= 0)
                break;
            pollfd room = {fd, POLLOUT, 0};
            poll(&room, 1, static_cast<int>(left));
            sent = writev(fd, parts, 4) > 0;
        }
    }
    close(fd);
    return sent;
}

} // namespace

bool waited_in_vain_recently(const char *fifo) {
    const int fd = open_beside(fifo, ".stalled", O_RDONLY);
    if (fd < 0)
        return false;
    struct stat status;
    timespec now;
    const bool known = fstat(fd, &status) == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0;
    close(fd);
    if (!known)
        return false;
    const long long age = now.tv_sec - status.st_mtim.tv_sec;
    return age >= 0 && age < breaker_seconds;
}

void remember_waiting_in_vain(const char *fifo) {
    umask(022);
    const int fd = open_beside(fifo, ".stalled", O_WRONLY | O_CREAT);
    if (fd < 0)
        return;
    futimens(fd, nullptr);
    close(fd);
}

void record_refusal(const char *fifo, const LineBuffer &line, ExitStatus why) {
    umask(022); // the counts are for everybody to read
    count_one(fifo, ".refused");
    if (!send_to_journal(line, why))
        count_one(fifo, ".lost");
}

const char *reason(ExitStatus why) {
    switch (why) {
    case ExitStatus::pipe_missing:
        return "there is no pipe (is iptracking.socket started?)";
    case ExitStatus::not_a_pipe:
        return "the path is not a named pipe";
    case ExitStatus::pipe_denied:
        return "the pipe cannot be opened";
    case ExitStatus::no_reader:
        return "nobody reads the pipe (is iptracking.socket started?)";
    case ExitStatus::pipe_full:
        return "the pipe is full (is iptracking.service running, and its disk full?)";
    case ExitStatus::given_up:
        return "the pipe cannot be written, and another callback has just waited for it in vain";
    default:
        return "the pipe cannot be written";
    }
}

} // namespace iptracking
