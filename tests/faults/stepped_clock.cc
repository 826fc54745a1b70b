// SPDX-License-Identifier: GPL-2.0-or-later
// To be preloaded: the clock on the wall goes wrong by as many seconds as the file $STEPPED_CLOCK holds now, as where
// an administrator sets it; the others go on as they do.  (libfaketime steps the timers of the monotonic clock too.)
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

long step_of_now() {
    char text[32] = {};
    const char *const name = std::getenv("STEPPED_CLOCK");
    const int file = name ? ::open(name, O_RDONLY | O_CLOEXEC) : -1;
    const bool is_read = ::read(file, text, sizeof(text) - 1) > 0;
    ::close(file);
    return is_read ? std::atol(text) : 0;
}

} // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec *now) noexcept {
    const long result = ::syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += step_of_now();
    return static_cast<int>(result);
}

int gettimeofday(timeval *now, void *) noexcept {
    timespec precise{};
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = {precise.tv_sec, precise.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *now) noexcept {
    timespec precise{};
    clock_gettime(CLOCK_REALTIME, &precise);
    if (now)
        *now = precise.tv_sec;
    return precise.tv_sec;
}

} // extern "C"
