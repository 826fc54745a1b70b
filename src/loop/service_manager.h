// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"

#include <string>
#include <string_view>
#include <vector>

/// What systemd passes and is told: sd_listen_fds(3), sd_notify(3).  Without systemd all of it does nothing.
namespace iptracking {

struct PassedFd {
    std::string name; ///< FileDescriptorName= of the socket unit
    UniqueFd fd;
};

/// The descriptors passed by socket activation; the environment variables are gone after it.
std::vector<PassedFd> take_passed_fds();

void notify_ready() noexcept;
void notify_reloading() noexcept;
void notify_stopping() noexcept;
void notify_status(const std::string &text) noexcept;
/// For work that keeps the loop from turning: before each step of it.  Tells systemd only as often as it asked for.
void notify_watchdog() noexcept;

} // namespace iptracking
