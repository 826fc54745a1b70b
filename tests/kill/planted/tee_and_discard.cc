// SPDX-License-Identifier: GPL-2.0-or-later
// Planted in the place of splice(2): the bytes are in the file before they are out of the pipe, so a kill between the
// two doubles them.
#undef splice // here it is the real one
#include "base/unique_fd.h"

#include <algorithm>
#include <array>
#include <fcntl.h>

using iptracking::UniqueFd;

extern "C" ssize_t tee_and_discard(int fifo, off64_t *, int file, off64_t *offset, std::size_t size, unsigned flags) {
    std::array<int, 2> ends;
    if (::pipe2(ends.data(), O_CLOEXEC) < 0)
        return -1;
    const UniqueFd copy_out(ends[0]), copy_in(ends[1]);
    ssize_t copied = ::tee(fifo, copy_in.get(), size, flags & SPLICE_F_NONBLOCK);
    if (copied > 0)
        copied = ::splice(copy_out.get(), nullptr, file, offset, static_cast<std::size_t>(copied), 0);
#ifdef PLANTED_PAUSE_USEC
    ::usleep(PLANTED_PAUSE_USEC); // or kills at random would have to be many to fall between the two
#endif
    std::array<char, 4096> bytes;
    for (auto rest = static_cast<std::size_t>(std::max<ssize_t>(copied, 0)); rest > 0;)
        rest -= static_cast<std::size_t>(::read(fifo, bytes.data(), std::min(rest, bytes.size())));
    return copied;
}
