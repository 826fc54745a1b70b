// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/put.h"

#include <cerrno>

namespace iptracking {
namespace {

[[noreturn]] void fail() {
    if (errno == EPIPE)
        throw OutputClosed();
    throw_errno(errno, "cannot write the output");
}

} // namespace

void put(std::FILE *out, std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), out) != text.size())
        fail();
}

void flush(std::FILE *out) {
    if (std::fflush(out) != 0)
        fail();
}

} // namespace iptracking
