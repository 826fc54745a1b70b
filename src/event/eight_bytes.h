// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

/// Eight bytes of a line at once, each in a byte of a number: what the parser looks at on the way of every event.
namespace iptracking {

/// Eight bytes at once, the first one lowest.
inline std::uint64_t load_eight(const char *bytes) noexcept {
    std::uint64_t eight;
    std::memcpy(&eight, bytes, sizeof(eight));
    return std::endian::native == std::endian::big ? __builtin_bswap64(eight) : eight;
}

constexpr std::uint64_t each_byte(std::uint64_t byte) noexcept {
    return byte * 0x0101'0101'0101'0101;
}

/// Has the high bit of the lowest byte that is a blank or a control character, and may have others: those above it, and
/// that of a ~ behind a byte of 0xff.
constexpr std::uint64_t lowest_end_of_word(std::uint64_t eight) noexcept {
    return ((eight - each_byte(' ' + 1)) | (eight + each_byte(1))) & ~eight & each_byte(0x80);
}

constexpr bool are_digits(std::uint64_t eight) noexcept {
    return (((eight + each_byte(0x7f - '9')) | (eight - each_byte('0')) | eight) & each_byte(0x80)) == 0;
}

/// Of eight digits: joins neighbours to numbers of two, four and eight.
constexpr std::uint64_t number_of(std::uint64_t eight) noexcept {
    eight -= each_byte('0');
    eight = (eight * 10 + (eight >> 8)) & 0x00ff'00ff'00ff'00ff;
    eight = (eight * 100 + (eight >> 16)) & 0x0000'ffff'0000'ffff;
    return (eight * 10'000 + (eight >> 32)) & 0xffff'ffff;
}

constexpr bool ends_a_word(char c) noexcept {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
}

} // namespace iptracking
