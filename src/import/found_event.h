// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/event.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iptracking {

/// Who told of an event; inet_log.origin.
enum class Origin : std::uint8_t {
    live,    ///< a callback, to the daemon; null in the database
    refused, ///< a callback, to the journal
    journal, ///< sshd, to the journal
    btmp,
    wtmp,
    wtmpdb,
    text, ///< a text file, which tells nothing of who wrote a line
};

/// Empty for live.
std::string_view name_of(Origin origin) noexcept;
std::optional<Origin> origin_of(std::string_view name) noexcept;

/// An event as a source tells of it, or as a row.
struct FoundEvent {
    std::int64_t time_usec = 0;
    EventKind kind = EventKind::unknown;
    Outcome outcome = Outcome::none;
    Origin origin = Origin::live;
    IpAddress source, destination;
    std::uint16_t source_port = 0, destination_port = 0;                                  ///< 0: not known
    std::int32_t pid = 0;                                                                 ///< likewise
    std::uint16_t flags = 0;                                                              ///< Event::flags
    std::array<std::optional<std::string>, static_cast<std::size_t>(Text::count_)> texts; ///< stored text
    CounterValues counters;

    bool has_succeeded = false; ///< an attempt, and a success came of it, find_successes()
    /// The account would not let in who was authenticated: a callback saw a success.
    bool account_refused = false;
    /// sshd may have written it when it heard of a user that it does not know, before he had tried anything.
    bool is_perhaps_none = false;
    /// Events of one session in a source that knows no process; 0: none.
    std::uint64_t session = 0;

    std::optional<std::string> &text(Text which) { return texts[static_cast<std::size_t>(which)]; }
    const std::optional<std::string> &text(Text which) const { return texts[static_cast<std::size_t>(which)]; }
    /// From what was typed; one of `most` bytes was perhaps cut (0: never).
    void set_user(std::string_view typed, std::size_t most = 0);
    void set_text(Text which, std::string_view typed);
};

} // namespace iptracking
