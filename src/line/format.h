// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

/// The line format, iptracking-line(5): what callback and daemon must agree on.
namespace iptracking::line {

/// First word of a line: the format's name and version.
inline constexpr char magic[] = "iptracking/1";

/// A line with its newline is never longer: PIPE_BUF on Linux, up to which write(2) to a pipe is atomic.
inline constexpr size_t max_size = 4096;

/// A text longer than this, as typed, is cut here by the source.
inline constexpr size_t max_text = 512;

/// Whether a byte of a value stands for itself; else it is written \xHH.
constexpr bool is_plain(unsigned char byte) {
    return byte >= '!' && byte <= '~' && byte != '\\' && byte != '=';
}

inline constexpr char hex_digits[] = "0123456789abcdef";

/// 0 to 15, or -1.
constexpr int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

} // namespace iptracking::line
