// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// The rules of stored text once more, written without the code that they check.
namespace iptracking::test {

inline int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// The bytes that a stored text stands for.
inline std::string undo(std::string_view stored) {
    std::string bytes;
    for (std::size_t i = 0; i < stored.size(); ++i) {
        if (stored[i] == '\\' && i + 3 < stored.size()) {
            bytes += static_cast<char>(hex_digit(stored[i + 2]) * 16 + hex_digit(stored[i + 3]));
            i += 3;
        } else {
            bytes += stored[i];
        }
    }
    return bytes;
}

/// The size of the well-formed UTF-8 character that `text` begins with (Unicode, table 3-7); 0: there is none.
inline std::size_t utf8_size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto within = [&](std::size_t i, unsigned low, unsigned high) { return byte(i) >= low && byte(i) <= high; };
    const auto tail = [&](std::size_t i) { return within(i, 0x80, 0xbf); };
    if (text.empty())
        return 0;
    if (byte(0) < 0x80)
        return 1;
    if (within(0, 0xc2, 0xdf))
        return tail(1) ? 2 : 0;
    if (within(0, 0xe0, 0xef)) {
        const unsigned low = byte(0) == 0xe0 ? 0xa0 : 0x80, high = byte(0) == 0xed ? 0x9f : 0xbf;
        return within(1, low, high) && tail(2) ? 3 : 0;
    }
    if (within(0, 0xf0, 0xf4)) {
        const unsigned low = byte(0) == 0xf0 ? 0x90 : 0x80, high = byte(0) == 0xf4 ? 0x8f : 0xbf;
        return within(1, low, high) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

/// Whether it is a stored text: UTF-8 without control characters, each backslash at the head of a \xHH.
inline bool is_stored_text(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = utf8_size(text);
        const auto first = static_cast<unsigned char>(text[0]);
        const bool c1 = size == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
        if (size == 0 || first < 0x20 || first == 0x7f || c1)
            return false;
        if (first == '\\' && (text.size() < 4 || text[1] != 'x' || hex_digit(text[2]) < 0 || hex_digit(text[3]) < 0))
            return false;
        text.remove_prefix(size);
    }
    return true;
}

} // namespace iptracking::test
