// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/source_report.h"

#include "base/log.h"

namespace iptracking {

void SourceReport::count(const FoundEvent &event) noexcept {
    switch (event.kind) {
    case EventKind::auth:
        ++(event.outcome == Outcome::success ? successes : event.outcome == Outcome::failure ? failures : attempts);
        break;
    case EventKind::open_session:
        ++opened;
        break;
    case EventKind::close_session:
        ++closed;
        break;
    case EventKind::sample:
    case EventKind::unknown:
        ++others;
        break;
    }
}

void SourceReport::add_not_understood(std::string_view text) {
    constexpr std::size_t longest = 200;
    if (++not_understood <= most_samples)
        samples.push_back(printable(text, longest));
}

} // namespace iptracking
