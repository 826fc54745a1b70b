// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace iptracking::test {

/// A process of its own that can be stopped at any of its instructions, and is killed with SIGKILL there.
class TracedChild {
public:
    /// `body` calls its argument where the path begins, and where it ends: there the child stops.
    explicit TracedChild(const std::function<void(const std::function<void()> &mark)> &body);
    ~TracedChild() { kill(); }
    TracedChild(const TracedChild &) = delete;
    TracedChild &operator=(const TracedChild &) = delete;

    /// Where each instruction stood, from the first mark to the second.
    using Path = std::vector<std::uintptr_t>;
    Path walk();
    /// From the first mark to before the instruction `path[steps]`.  With a breakpoint: single steps to each
    /// instruction would be millions.
    void run_to(const Path &path, std::size_t steps);
    /// From the first mark without a stop.
    void run();
    void kill() noexcept;

private:
    void resume(int request);
    int next_stop();
    std::uintptr_t place() const;
    void run_to_breakpoint(std::uintptr_t place);

    pid_t pid_ = -1;
};

} // namespace iptracking::test
