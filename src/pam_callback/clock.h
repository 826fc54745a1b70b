// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace iptracking {

/// What CLOCK_REALTIME says, by the system call itself.  For one reading the vDSO costs more than it saves: two page
/// faults.
inline timespec real_time() {
    timespec now;
    if constexpr (sizeof(time_t) == sizeof(long)) // else the call may have another structure
        syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
    else
        clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

inline long long monotonic_milliseconds() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

} // namespace iptracking
