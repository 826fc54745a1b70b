// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// The keys of a line, as the parser compares them: eight bytes at once.
namespace iptracking {

enum class Key : unsigned {
    event,
    time,
    src,
    sport,
    dst,
    dport,
    pid,
    outcome,
    cut,
    rx_bytes, // in the order of Counter
    tx_bytes,
    rx_packets,
    tx_packets,
    user, // in the order of Text
    service,
    tty,
    ruser,
    rhost,
    host,
    auth_info,
    auth_method,
    auth_key,
    cert_id,
    cert_serial,
    cert_ca,
};

/// A key and its '=', as load_eight() gives their first eight bytes, and those behind them.
struct KeyBytes {
    constexpr KeyBytes(std::string_view name, Key which) noexcept : size(name.size() + 1), key(which) {
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint64_t byte = static_cast<unsigned char>(i < name.size() ? name[i] : '=');
            (i < 8 ? bytes : more_bytes) |= byte << i % 8 * 8;
            (i < 8 ? mask : more_mask) |= std::uint64_t{0xff} << i % 8 * 8;
        }
    }
    std::uint64_t bytes = 0, mask = 0, more_bytes = 0, more_mask = 0;
    std::size_t size; ///< at most 16
    Key key;
};

// In the order in which the callback writes them.

inline constexpr KeyBytes first_keys[] = {
    {"event", Key::event}, {"time", Key::time},   {"src", Key::src}, {"sport", Key::sport},
    {"dst", Key::dst},     {"dport", Key::dport}, {"pid", Key::pid},
};

/// That most lines have none of.
inline constexpr KeyBytes rare_keys[] = {
    {"rx_bytes", Key::rx_bytes},     {"tx_bytes", Key::tx_bytes},   {"rx_packets", Key::rx_packets},
    {"tx_packets", Key::tx_packets}, {"auth_info", Key::auth_info}, {"auth_method", Key::auth_method},
    {"auth_key", Key::auth_key},     {"cert_id", Key::cert_id},     {"cert_serial", Key::cert_serial},
    {"cert_ca", Key::cert_ca},
};

/// One look instead of ten: rx_, tx_, auth_, cert_.
constexpr bool is_perhaps_rare(std::uint64_t eight) noexcept {
    return (eight >> 16 & 0xff) == '_' || (eight >> 32 & 0xff) == '_';
}

inline constexpr KeyBytes texts[] = {
    {"user", Key::user}, {"service", Key::service}, {"tty", Key::tty}, {"ruser", Key::ruser}, {"rhost", Key::rhost},
};

inline constexpr KeyBytes last_keys[] = {
    {"cut", Key::cut},
    {"host", Key::host},
    {"outcome", Key::outcome},
};

} // namespace iptracking
