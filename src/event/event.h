// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/ip_address.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace iptracking {

/// The numbers are those of inet_log.log_event, where there is no sample.
enum class EventKind : std::uint8_t {
    unknown = 0,
    auth = 1,
    open_session = 2,
    close_session = 3,
    sample = 4, ///< the counters of a connection that goes on
};

enum class Outcome : std::uint8_t { none = 0, attempt = 1, success = 2, failure = 3 };

/// The texts of an event, named as their keys in the line.
enum class Text : std::uint8_t {
    user,
    service,
    tty,
    ruser,
    rhost,
    host,
    auth_info, ///< as sshd gave it; no column, what follows is made of it
    auth_method,
    auth_key,
    cert_id,
    cert_serial,
    cert_ca,
    count_
};
/// Those in front of auth_info.
inline constexpr std::size_t plain_texts = static_cast<std::size_t>(Text::auth_info);

/// What the kernel counted of the connection since it began, named as their keys in the line.
enum class Counter : std::uint8_t { rx_bytes, tx_bytes, rx_packets, tx_packets, count_ };
/// Each of them; nullopt: not known.
using CounterValues = std::array<std::optional<std::int64_t>, static_cast<std::size_t>(Counter::count_)>;

/// So that sums of many stay within 64 bits: no connection lasts that long.
inline constexpr std::int64_t highest_counter = std::int64_t{1} << 56;

/// A text or a counter as it stands in the line, still escaped.  `offset` 0: it is not there.
struct TextPlace {
    std::uint16_t offset = 0, size = 0;
};

/// Bits of Event::flags; those of `stored` are the column `flags`.  (A row has 8, too, where its address was
/// truncated.)
namespace flag {
inline constexpr std::uint16_t empty_user = 1; ///< the user name was empty; stored as <<EMPTY>>
inline constexpr std::uint16_t cut_user = 2;   ///< the source cut the user name
inline constexpr std::uint16_t cut_other = 4;  ///< the source cut another text
inline constexpr std::uint16_t cut_auth_info = 16;
inline constexpr std::uint16_t stored = empty_user | cut_user | cut_other | cut_auth_info;
inline constexpr std::uint16_t typed_texts = 0x8000; ///< the texts are not escaped (comma form)
} // namespace flag

/// One event.  Fixed in size and without pointers: texts are places in the line's bytes, which stay in the
/// batch that the event belongs to.
struct Event {
    std::int64_t time_usec = 0;         ///< CLOCK_REALTIME, microseconds since 1970 UTC
    std::uint64_t line = 0;             ///< where its line begins in the batch's bytes
    IpAddress source;                   ///< remote client
    IpAddress destination;              ///< this host
    std::int32_t pid = 0;               ///< the process that holds the session; 0: not known
    std::uint16_t source_port = 0;      ///< host byte order; 0: not known
    std::uint16_t destination_port = 0; ///< likewise
    EventKind kind = EventKind::unknown;
    Outcome outcome = Outcome::none;
    std::uint16_t flags = 0;
    std::array<TextPlace, static_cast<std::size_t>(Text::count_)> texts{};
    std::array<TextPlace, static_cast<std::size_t>(Counter::count_)> counters{}; ///< of digits, at most highest_counter

    TextPlace &text(Text which) noexcept { return texts[static_cast<std::size_t>(which)]; }
    const TextPlace &text(Text which) const noexcept { return texts[static_cast<std::size_t>(which)]; }
    TextPlace &counter(Counter which) noexcept { return counters[static_cast<std::size_t>(which)]; }
    const TextPlace &counter(Counter which) const noexcept { return counters[static_cast<std::size_t>(which)]; }
};
static_assert(sizeof(Event) == 128 && std::is_trivially_copyable_v<Event>);

const char *name_of(EventKind kind) noexcept;
/// nullptr for none.
const char *name_of(Outcome outcome) noexcept;

} // namespace iptracking
