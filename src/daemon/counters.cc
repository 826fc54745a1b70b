// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/counters.h"

#include <sys/stat.h>

namespace iptracking {
namespace {

std::uint64_t size_of(const std::string &path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

} // namespace

void read_refused(Counters &counters, const std::string &fifo) {
    counters.refused = size_of(fifo + ".refused");
    counters.lost = size_of(fifo + ".lost");
}

std::string in_words(const Counters &counters) {
    std::string text = std::to_string(counters.accepted) + " accepted, " + std::to_string(counters.stored) +
                       " stored, " + std::to_string(counters.waiting) + " waiting (" +
                       std::to_string(counters.waiting_bytes) + " bytes)";
    const auto add = [&](std::uint64_t count, const char *what) {
        if (count != 0)
            text += ", " + std::to_string(count) + what;
    };
    add(counters.refused, " refused");
    add(counters.lost, " lost");
    add(counters.damaged, " damaged");
    add(counters.skipped, " skipped");
    return text;
}

} // namespace iptracking
