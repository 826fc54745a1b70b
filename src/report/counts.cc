// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/report.h"

namespace iptracking {

std::optional<double> Counts::success_ratio() const noexcept {
    if (attempts() <= 0)
        return std::nullopt;
    return static_cast<double>(successes) / static_cast<double>(attempts());
}

Counts &Counts::operator+=(const Counts &other) noexcept {
    events += other.events;
    failures += other.failures;
    successes += other.successes;
    sessions += other.sessions;
    return *this;
}

} // namespace iptracking
