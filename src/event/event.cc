// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/event.h"

namespace iptracking {

const char *name_of(EventKind kind) noexcept {
    switch (kind) {
    case EventKind::auth:
        return "auth";
    case EventKind::open_session:
        return "open_session";
    case EventKind::close_session:
        return "close_session";
    case EventKind::sample:
        return "sample";
    case EventKind::unknown:
        break;
    }
    return "unknown";
}

const char *name_of(Outcome outcome) noexcept {
    switch (outcome) {
    case Outcome::attempt:
        return "attempt";
    case Outcome::success:
        return "success";
    case Outcome::failure:
        return "failure";
    case Outcome::none:
        break;
    }
    return nullptr;
}

} // namespace iptracking
