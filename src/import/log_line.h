// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/log_stamp.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace iptracking {

/// A line of a text file as syslog daemons and journalctl write it: "STAMP HOST IDENT[PID]: MESSAGE".
struct LogLine {
    LogStamp stamp;
    std::string_view host, ident, message;
    std::int32_t pid = 0; ///< 0: it is not said
};

/// nullopt: it is none.
std::optional<LogLine> read_log_line(std::string_view line) noexcept;

/// Whether sshd writes under this name: it has become several programs.
bool is_sshd(std::string_view ident) noexcept;

} // namespace iptracking
