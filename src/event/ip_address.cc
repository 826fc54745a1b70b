// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/ip_address.h"

#include <algorithm>
#include <arpa/inet.h>

namespace iptracking {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

} // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
    text = text.substr(0, text.find('%'));
    char copy[INET6_ADDRSTRLEN];
    if (text.empty() || text.size() >= sizeof(copy) || text.find('\0') != text.npos)
        return std::nullopt;
    *std::copy(text.begin(), text.end(), copy) = '\0';

    IpAddress address;
    if (text.find(':') != text.npos)
        return ::inet_pton(AF_INET6, copy, address.bytes.data()) == 1 ? std::optional{address} : std::nullopt;
    std::copy(v4_prefix.begin(), v4_prefix.end(), address.bytes.begin());
    return ::inet_pton(AF_INET, copy, address.bytes.data() + v4_prefix.size()) == 1 ? std::optional{address}
                                                                                    : std::nullopt;
}

bool IpAddress::is_v4() const noexcept {
    return std::equal(v4_prefix.begin(), v4_prefix.end(), bytes.begin());
}

std::string IpAddress::to_string() const {
    char text[INET6_ADDRSTRLEN];
    const bool v4 = is_v4();
    return ::inet_ntop(v4 ? AF_INET : AF_INET6, bytes.data() + (v4 ? v4_prefix.size() : 0), text, sizeof(text));
}

} // namespace iptracking
