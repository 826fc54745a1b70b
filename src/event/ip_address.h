// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iptracking {

/// An IPv6 address; IPv4 is kept as ::ffff:a.b.c.d, so one column and one comparison serve both.
/// All zero bytes: no address.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};

    /// As inet_pton(3) takes it; a zone ("%eth0") is cut off.
    static std::optional<IpAddress> parse(std::string_view text) noexcept;
    /// Becomes the IPv4 address that the text begins with, and gives what stands behind it; nullptr: there is none, and
    /// the address is worth nothing.  For lines of events, most of which have two.
    const char *read_v4(const char *text) noexcept;

    bool is_v4() const noexcept;
    bool is_absent() const noexcept { return *this == IpAddress{}; }
    /// RFC 5952; IPv4 in dotted decimal, also where it came mapped.
    std::string to_string() const;

    auto operator<=>(const IpAddress &) const = default;
};

} // namespace iptracking
