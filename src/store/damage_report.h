// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loop/sources.h"
#include "pool/damage.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace iptracking {

/// Tells of what is not stored: the first line at once, with its text; then of damage the sum once a minute, so that a
/// flood of garbage does not become a flood in the journal.
class DamageReport {
public:
    DamageReport(EventLoop &loop, const Damage &damage)
        : damage_(damage), reported_(damage.count()), timer_(loop, [this] { look_again(); }) {}
    ~DamageReport() { tell_sum(); }
    DamageReport(const DamageReport &) = delete;
    DamageReport &operator=(const DamageReport &) = delete;

    /// Bytes that are no line, after they were added.
    void tell(std::string_view text, const char *reason, std::size_t column);
    /// An event that the database will never take.
    void tell_skipped(std::string_view line, const std::string &why);

private:
    void look_again();
    void tell_sum();
    void rest();

    const Damage &damage_;
    std::uint64_t reported_;
    Timer timer_;
};

} // namespace iptracking
