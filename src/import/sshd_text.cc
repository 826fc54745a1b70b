// SPDX-License-Identifier: GPL-2.0-or-later
// What sshd makes of bytes that are not printable: vis(3) with VIS_CSTYLE and VIS_OCTAL.
#include "import/sshd_message.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::string_view letters = "nrbavtfs0\\", bytes{"\n\r\b\a\v\t\f \0\\", 10};

/// Three octal digits; -1: they are none.
int octal(std::string_view text) noexcept {
    if (text.size() < 3)
        return -1;
    int value = 0;
    for (const char c : text.substr(0, 3)) {
        if (c < '0' || c > '7')
            return -1;
        value = value * 8 + (c - '0');
    }
    return value < 256 ? value : -1;
}

} // namespace

std::string sshd_text(std::string_view escaped) {
    std::string typed;
    typed.reserve(escaped.size());
    while (!escaped.empty()) {
        const char first = escaped[0];
        escaped.remove_prefix(1);
        if (first != '\\' || escaped.empty()) {
            typed += first;
        } else if (const int byte = octal(escaped); byte >= 0) {
            typed += static_cast<char>(byte);
            escaped.remove_prefix(3);
        } else if (const std::size_t letter = letters.find(escaped[0]); letter != letters.npos) {
            typed += bytes[letter];
            escaped.remove_prefix(1);
        } else {
            typed += first; // begins nothing that sshd writes
        }
    }
    return typed;
}

} // namespace iptracking
