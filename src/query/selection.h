// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/ip_address.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iptracking {

/// An address, or all that begin with the same `bits`.
struct Net {
    IpAddress address; ///< the bits behind `bits` are zero
    int bits = 128;    ///< of the 16 bytes, so 96 more than what people write for IPv4
    /// "192.0.2.7", "192.0.2.0/24", "2001:db8::/32"; nullopt for anything else, also for bits behind the prefix.
    static std::optional<Net> parse(std::string_view text) noexcept;
    /// The net of an address: an IPv4 address by the first number of bits, an IPv6 address by the second.
    static Net around(const IpAddress &address, int prefix, int prefix6) noexcept;
    bool holds(const IpAddress &other) const noexcept;
    std::string to_string() const;
    bool operator==(const Net &) const = default;
};

/// The values that are asked for, and those that are not (`!`).  Empty: all.
template <class T> struct Wanted {
    std::vector<T> any_of, none_of;
    bool empty() const noexcept { return any_of.empty() && none_of.empty(); }
};

/// Which events are asked for; the same for all verbs.
struct Selection {
    std::optional<std::int64_t> since_usec, until_usec; ///< since <= time < until, as journalctl
    Wanted<std::string> users;                          ///< stored text; * and ? as in a shell
    bool exact_users = false;                           ///< but * and ? stand for themselves
    Wanted<Net> from, to;                               ///< source, destination
    Wanted<std::string> services, hosts;                ///< likewise
    Wanted<std::string> events;                         ///< unknown auth open_session close_session
    Wanted<std::string> keys;                           ///< fingerprints; one of those that let a session in
    Wanted<std::string> outcomes; ///< attempt success failure; "failure" holds the attempts that failed
    /// Nothing but times is asked for: summaries can answer where there are no times either.
    bool is_whole() const noexcept {
        return users.empty() && from.empty() && to.empty() && services.empty() && hosts.empty() && events.empty() &&
               keys.empty() && outcomes.empty();
    }
};

} // namespace iptracking
