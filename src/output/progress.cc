// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/progress.h"

#include "output/safe_text.h"
#include "output/terminal.h"
#include "output/values.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <unistd.h>

namespace iptracking {
namespace {

constexpr std::chrono::milliseconds pace{100};
constexpr unsigned bar_columns = 20;
constexpr char erase_line[] = "\r\033[K";

/// A progress that cannot be shown is no reason to end the work.
void write_once(int fd, std::string_view text) noexcept {
    [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

} // namespace

Progress::Progress(std::string what, int fd) : what_(std::move(what)), fd_(is_terminal(fd) ? fd : -1) {}

Progress::~Progress() {
    erase();
}

void Progress::set(std::uint64_t done, std::uint64_t total, const std::string &text) {
    const auto now = Clock::now();
    if (fd_ < 0 || now < next_)
        return;
    next_ = now + pace;
    std::string line = what_;
    if (total > 0) {
        const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
        const std::string drawn = bar(share, bar_columns);
        line += " [" + drawn + std::string(bar_columns - std::min<std::size_t>(bar_columns, columns_of(drawn)), ' ') +
                "] " + percentage(share);
    } else {
        line += " " + std::to_string(done);
    }
    if (!text.empty())
        line += ", " + terminal_text(text);
    shown_ = true;
    write_once(fd_, erase_line + cut_to_columns(line, terminal_width(fd_) - 1)); // a full line would wrap
}

void Progress::erase() noexcept {
    if (shown_)
        write_once(fd_, erase_line);
    shown_ = false;
}

} // namespace iptracking
