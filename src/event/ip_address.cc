// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/ip_address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace iptracking {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// One of the four numbers of an IPv4 address as inet_pton(3) takes it: no leading zeros, since who writes them may
/// mean octal.  Gives what stands behind it, or nullptr.
const char *read_part(const char *text, std::uint8_t &part) noexcept {
    const auto digit_at = [text](int at) { return static_cast<unsigned char>(text[at]) - unsigned{'0'}; };
    unsigned number = digit_at(0);
    if (number > 9)
        return nullptr;
    int size = 1;
    if (const unsigned digit = digit_at(1); digit <= 9 && number != 0) {
        number = number * 10 + digit;
        size = 2;
        if (const unsigned last = digit_at(2); last <= 9) {
            number = number * 10 + last;
            size = 3;
        }
    }
    part = static_cast<std::uint8_t>(number);
    return number > 255 ? nullptr : text + size;
}

} // namespace

const char *IpAddress::read_v4(const char *text) noexcept {
    std::copy(v4_prefix.begin(), v4_prefix.end(), bytes.begin());
    for (std::size_t i = v4_prefix.size();; ++text) {
        text = read_part(text, bytes[i]);
        if (!text || ++i == bytes.size())
            return text;
        if (*text != '.')
            return nullptr;
    }
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
    text = text.substr(0, text.find('%'));
    char copy[INET6_ADDRSTRLEN];
    if (text.size() >= sizeof(copy) || text.find('\0') != text.npos)
        return std::nullopt;
    *std::copy(text.begin(), text.end(), copy) = '\0';
    IpAddress address;
    const char *const behind = address.read_v4(copy);
    if ((behind && *behind == '\0') || ::inet_pton(AF_INET6, copy, address.bytes.data()) == 1)
        return address;
    return std::nullopt;
}

bool IpAddress::is_v4() const noexcept {
    return std::equal(v4_prefix.begin(), v4_prefix.end(), bytes.begin());
}

std::string IpAddress::to_string() const {
    char text[INET6_ADDRSTRLEN];
    if (!is_v4())
        return ::inet_ntop(AF_INET6, bytes.data(), text, sizeof(text));
    char *end = text; // inet_ntop(3) takes ten times as long
    for (std::size_t i = v4_prefix.size(); i < bytes.size(); ++i) {
        end = std::to_chars(end, end + 3, bytes[i]).ptr;
        *end++ = '.';
    }
    return {text, end - 1};
}

} // namespace iptracking
