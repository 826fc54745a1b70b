// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <time.h>

namespace iptracking {

inline long long monotonic_milliseconds() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<long long>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

} // namespace iptracking
