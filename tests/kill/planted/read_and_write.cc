// SPDX-License-Identifier: GPL-2.0-or-later
// Planted in the place of splice(2): the bytes are out of the pipe before they are in the file, so a kill between the
// two loses them.
#include <algorithm>
#include <array>
#include <fcntl.h>
#include <unistd.h>

extern "C" ssize_t read_and_write(int fifo, off64_t *, int file, off64_t *offset, std::size_t size, unsigned) {
    static std::array<char, 65536> bytes;
    const ssize_t got = ::read(fifo, bytes.data(), std::min(size, bytes.size()));
    return got > 0 ? ::pwrite(file, bytes.data(), static_cast<std::size_t>(got), *offset) : got;
}
