// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace iptracking {

/// What this machine knows about sessions that nothing has closed.
class ThisHost {
public:
    ThisHost();

    /// "open", "gone" or "crash" of a session that was opened then.  Of other hosts nothing is known: "open".
    const char *state_of(const std::string &host, std::int64_t start_usec, std::optional<std::int64_t> pid) const;

    bool is_named(const std::string &host) const noexcept { return !name_.empty() && host == name_; }

private:
    bool has_process(std::int64_t pid, std::int64_t start_usec) const;

    std::string name_;
    std::int64_t boot_usec_ = 0; ///< 0: not known
};

} // namespace iptracking
