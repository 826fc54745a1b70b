// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/local_time.h"

namespace iptracking {

std::tm local_time(std::int64_t usec, bool utc) {
    const auto seconds = static_cast<std::time_t>(usec / 1'000'000);
    std::tm local{};
    if (utc)
        ::gmtime_r(&seconds, &local);
    else
        ::localtime_r(&seconds, &local);
    return local;
}

std::string local_day(std::int64_t usec, bool utc) {
    const std::tm local = local_time(usec, utc);
    char day[16];
    return {day, std::strftime(day, sizeof(day), "%Y-%m-%d", &local)};
}

} // namespace iptracking
