// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace iptracking {

/// How far long work is: one line on a terminal, erased at the end.  Nothing where stderr is no terminal.
class Progress {
public:
    /// `what`: "importing"; `fd` is the terminal.
    explicit Progress(std::string what, int fd = 2);
    ~Progress();
    Progress(const Progress &) = delete;
    Progress &operator=(const Progress &) = delete;

    /// May be called as often as one likes: it writes every 100 ms at most.  `total` 0: not known.
    /// `text` stands behind the numbers.
    void set(std::uint64_t done, std::uint64_t total, const std::string &text = "");
    /// Takes the line away, before something else is printed; the next set() shows it again.
    void erase() noexcept;

private:
    using Clock = std::chrono::steady_clock;
    std::string what_;
    int fd_; ///< -1: no terminal
    Clock::time_point next_{};
    bool shown_ = false;
};

} // namespace iptracking
