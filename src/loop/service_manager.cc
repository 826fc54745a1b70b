// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop/service_manager.h"

#include "base/error.h"
#include "base/log.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <systemd/sd-daemon.h>

namespace iptracking {
namespace {

constexpr std::size_t longest_status = 3000; // systemd ignores messages of more than 4096 bytes

} // namespace

std::vector<PassedFd> take_passed_fds() {
    char **names = nullptr;
    const int count = check(sd_listen_fds_with_names(1, &names), "cannot take the descriptors that systemd passed");
    std::vector<PassedFd> passed;
    for (int i = 0; i < count; ++i) {
        passed.push_back({names[i], UniqueFd{SD_LISTEN_FDS_START + i}});
        std::free(names[i]);
    }
    std::free(names);
    return passed;
}

void notify_ready() noexcept {
    sd_notify(0, "READY=1");
}

void notify_reloading() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
               static_cast<long long>(now.tv_sec) * 1000000 + now.tv_nsec / 1000);
}

void notify_stopping() noexcept {
    sd_notify(0, "STOPPING=1");
}

void notify_status(const std::string &text) noexcept try {
    sd_notifyf(0, "STATUS=%s", one_line(text, longest_status).c_str());
} catch (...) {
    // No memory for a text is no reason to end.
}

void notify_watchdog() noexcept {
    using Clock = std::chrono::steady_clock;
    static const auto interval = [] {
        std::uint64_t usec = 0;
        return sd_watchdog_enabled(0, &usec) > 0 ? std::chrono::microseconds(usec / 4) : std::chrono::microseconds(0);
    }();
    static Clock::time_point last;
    const auto now = Clock::now();
    if (interval.count() == 0 || now - last < interval)
        return;
    last = now;
    sd_notify(0, "WATCHDOG=1");
}

} // namespace iptracking
