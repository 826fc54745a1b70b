// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/session_state.h"

#include <cerrno>
#include <climits>
#include <csignal>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace iptracking {
namespace {

/// The clock may have been set between boot and session, or between the start of a process and its session.
constexpr std::int64_t slack_usec = 60'000'000;

std::int64_t time_of_boot() {
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("btime "))
            return std::stoll(line.substr(6)) * 1'000'000;
    return 0;
}

/// In clock ticks after the boot; nullopt: it cannot be seen.
std::optional<std::int64_t> ticks_at_start(std::int64_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(file, line) || line.rfind(')') == line.npos)
        return std::nullopt;
    std::istringstream fields(line.substr(line.rfind(')') + 1)); // behind the name, which may hold anything
    std::string field;
    for (int number = 3; number <= 22; ++number)
        fields >> field;
    return fields ? std::optional{std::stoll(field)} : std::nullopt;
}

} // namespace

ThisHost::ThisHost() : boot_usec_(time_of_boot()) {
    char name[HOST_NAME_MAX + 1] = "";
    if (::gethostname(name, sizeof(name) - 1) == 0)
        name_ = name;
}

bool ThisHost::has_process(std::int64_t pid, std::int64_t start_usec) const {
    if (pid <= 0 || pid > INT_MAX || (::kill(static_cast<pid_t>(pid), 0) < 0 && errno == ESRCH))
        return false;
    const auto ticks = ticks_at_start(pid);
    if (!ticks || boot_usec_ == 0)
        return true;
    // Else it is another one, whose number was used again.
    return boot_usec_ + *ticks * 1'000'000 / ::sysconf(_SC_CLK_TCK) <= start_usec + slack_usec;
}

const char *ThisHost::state_of(const std::string &host, std::int64_t start_usec,
                               std::optional<std::int64_t> pid) const {
    if (!is_named(host))
        return "open";
    if (boot_usec_ > 0 && start_usec < boot_usec_ - slack_usec)
        return "crash";
    return pid && !has_process(*pid, start_usec) ? "gone" : "open";
}

} // namespace iptracking
