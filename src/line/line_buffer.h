// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "line/format.h"

#include <stddef.h>
#include <string.h>

namespace iptracking {

/// One line under construction, in memory of a fixed size.  What does not fit is not begun.
class LineBuffer {
public:
    const char *data() const { return bytes_; }
    size_t size() const { return size_; }

    /// Text that needs no escaping; the caller has bounded it.
    void append(const char *text) { append(text, strlen(text)); }

    void append(const char *text, size_t size) {
        if (size > line::max_size - size_)
            return;
        memcpy(bytes_ + size_, text, size);
        size_ += size;
    }

    void append_number(unsigned long long number) {
        char digits[24];
        char *first = digits + sizeof(digits);
        do {
            *--first = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        append(first, static_cast<size_t>(digits + sizeof(digits) - first));
    }

    /// A stranger's text, escaped; cut after `most` bytes as typed, or where only `reserve` bytes would be left of the
    /// line.  True: it was cut.
    bool append_escaped(const char *text, size_t most, size_t reserve) {
        size_t typed = 0;
        for (; text[typed] != '\0' && typed < most; ++typed) {
            const auto byte = static_cast<unsigned char>(text[typed]);
            const size_t needed = line::is_plain(byte) ? 1 : 4;
            if (size_ + needed + reserve > line::max_size)
                break;
            if (needed == 1) {
                bytes_[size_++] = text[typed];
            } else {
                const char escaped[] = {'\\', 'x', line::hex_digits[byte >> 4], line::hex_digits[byte & 15]};
                append(escaped, sizeof(escaped));
            }
        }
        return text[typed] != '\0';
    }

private:
    char bytes_[line::max_size];
    size_t size_ = 0;
};

} // namespace iptracking
