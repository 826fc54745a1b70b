// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/selection.h"

#include <algorithm>
#include <charconv>

namespace iptracking {
namespace {

constexpr int v4_bits = 96; // that stand before an IPv4 address

/// What is left of the address where all bits behind these are zero.
IpAddress masked(IpAddress address, int bits) noexcept {
    for (int i = 0; i < 16; ++i) {
        const int kept = std::clamp(bits - 8 * i, 0, 8);
        address.bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
    }
    return address;
}

} // namespace

std::optional<Net> Net::parse(std::string_view text) noexcept {
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address || text.find('%') != text.npos)
        return std::nullopt;
    if (slash == text.npos)
        return Net{*address, 128};
    const int before = text.substr(0, slash).find(':') == text.npos ? v4_bits : 0;
    const std::string_view digits = text.substr(slash + 1);
    int bits = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || digits[0] == '-' || end.ec != std::errc{} || end.ptr != digits.data() + digits.size() ||
        bits > 128 - before)
        return std::nullopt;
    const Net net{*address, before + bits};
    return masked(net.address, net.bits) == net.address ? std::optional{net} : std::nullopt;
}

Net Net::around(const IpAddress &address, int prefix, int prefix6) noexcept {
    const int bits = address.is_v4() ? v4_bits + prefix : prefix6;
    return {masked(address, bits), bits};
}

bool Net::holds(const IpAddress &other) const noexcept {
    // ::/0 and its like do not hold IPv4, though it stands among IPv6.
    return address.is_v4() == other.is_v4() && masked(other, bits) == address;
}

std::string Net::to_string() const {
    if (bits == 128)
        return address.to_string();
    const bool v4 = address.is_v4() && bits >= v4_bits;
    return address.to_string() + "/" + std::to_string(v4 ? bits - v4_bits : bits);
}

} // namespace iptracking
