// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/log_line.h"

#include "import/words.h"

namespace iptracking {

std::optional<LogLine> read_log_line(std::string_view line) noexcept {
    const auto stamp = take_log_stamp(line);
    if (!stamp)
        return std::nullopt;
    LogLine read{.stamp = *stamp};
    read.host = words::take_first(line);
    const std::size_t colon = line.find(": ");
    if (read.host.empty() || colon == line.npos)
        return std::nullopt;
    read.ident = line.substr(0, colon);
    read.message = line.substr(colon + 2);
    if (const std::size_t open = read.ident.find('['); open != read.ident.npos && read.ident.ends_with(']')) {
        words::read_number(read.ident.substr(open + 1, read.ident.size() - open - 2), read.pid);
        read.ident = read.ident.substr(0, open);
    }
    return read.ident.empty() || read.ident.find(' ') != read.ident.npos ? std::nullopt : std::optional(read);
}

bool is_sshd(std::string_view ident) noexcept {
    return ident == "sshd" || ident == "sshd-session" || ident == "sshd-auth";
}

} // namespace iptracking
