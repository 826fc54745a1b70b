// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace iptracking {

/// How last(1) writes times.
enum class LastTime : std::uint8_t { none, brief, full, iso };

struct LastForm {
    LastTime time = LastTime::brief;
    bool utc = false;
    bool full_names = false;  ///< -w
    bool no_host = false;     ///< -R
    bool host_at_end = false; ///< -a
};

/// What stands in a line of last(1).  Texts are fit for a terminal.
struct LastEntry {
    std::string user, tty, host;
    std::string recorded_by; ///< the name of a host; empty: it is left out
    std::int64_t start_usec = 0;
    std::optional<std::int64_t> end_usec;
    std::string state; ///< as of sessions_columns(), where there is no end
};

std::string last_line(const LastEntry &entry, const LastForm &form);

/// The time as it stands below the list: "Thu Nov 20 00:53:20 2025".
std::string last_long_time(std::int64_t usec, bool utc);

} // namespace iptracking
