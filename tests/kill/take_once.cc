// SPDX-License-Identifier: GPL-2.0-or-later
#include "take_once.h"

#include "pool/segments.h"

namespace iptracking::test {

void take_once(const std::string &folder, std::uint64_t max_bytes, int fifo, const std::function<void()> &mark) {
    Segments segments(folder, max_bytes);
    mark();
    segments.take_from(fifo);
    mark();
}

} // namespace iptracking::test
