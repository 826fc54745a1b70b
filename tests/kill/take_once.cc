// SPDX-License-Identifier: GPL-2.0-or-later
#include "take_once.h"

#include "pool/segments.h"

#include <unistd.h>

namespace iptracking::test {
namespace {

void send(int fifo, std::string_view bytes) {
    if (::write(fifo, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        ::_exit(1);
}

} // namespace

void take_once(const std::string &folder, std::uint64_t max_bytes, int fifo, std::string_view before,
               std::string_view sent, const std::function<void()> &mark) {
    Segments segments(folder, max_bytes);
    send(fifo, before);
    while (segments.size() < before.size())
        segments.take_from(fifo);
    send(fifo, sent);
    mark();
    segments.take_from(fifo);
    mark();
}

} // namespace iptracking::test
