// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/found_event.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace iptracking {

/// What a source said, and what came of it.
struct SourceReport {
    static constexpr std::size_t most_samples = 5;

    std::string name;                 ///< "auth-log /var/log/auth.log"
    const char *unit = "lines";       ///< what is counted
    std::uint64_t read = 0;           ///< all of them
    std::uint64_t of_others = 0;      ///< not of sshd
    std::uint64_t without_result = 0; ///< understood; no event came of it by itself
    std::uint64_t not_understood = 0;
    std::vector<std::string> samples; ///< the first of those, safe for a terminal
    std::vector<std::string> remarks; ///< what is wrong with the source, sentences

    std::uint64_t failures = 0, attempts = 0, successes = 0, opened = 0, closed = 0, others = 0; ///< events
    std::uint64_t known = 0;  ///< of them, the database had already
    std::uint64_t stored = 0; ///< or would be

    void count(const FoundEvent &event) noexcept;
    void add_not_understood(std::string_view text);
    std::uint64_t events() const noexcept { return failures + attempts + successes + opened + closed + others; }
};

} // namespace iptracking
