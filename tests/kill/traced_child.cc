// SPDX-License-Identifier: GPL-2.0-or-later
#include "traced_child.h"

#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace iptracking::test {
namespace {

constexpr unsigned long breakpoint = 0xcc; // int3

template <class Address, class Data> long trace(__ptrace_request request, pid_t pid, Address address, Data data) {
    errno = 0;
    const long result = ::ptrace(request, pid, address, data);
    if (result == -1 && errno != 0)
        throw_errno(errno, "cannot trace the child");
    return result;
}

user_regs_struct registers(pid_t pid) {
    user_regs_struct registers;
    trace(PTRACE_GETREGS, pid, nullptr, &registers);
    return registers;
}

} // namespace

TracedChild::TracedChild(const std::function<void(const std::function<void()> &mark)> &body) : pid_(::fork()) {
    if (pid_ < 0)
        throw_errno(errno, "cannot fork");
    if (pid_ == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        try {
            body([] { ::raise(SIGSTOP); });
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    if (next_stop() != SIGSTOP)
        throw Error("the child did not come to the first mark");
    trace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_EXITKILL);
}

TracedChild::Path TracedChild::walk() {
    Path path;
    do {
        path.push_back(place());
        resume(PTRACE_SINGLESTEP);
    } while (next_stop() == SIGTRAP);
    path.pop_back(); // the second mark itself
    return path;
}

void TracedChild::run_to(const Path &path, std::size_t steps) {
    const std::uintptr_t target = path.at(steps);
    const auto last = path.begin() + static_cast<std::ptrdiff_t>(steps) + 1;
    for (auto passes = std::count(path.begin() + 1, last, target); passes > 0; --passes) {
        resume(PTRACE_SINGLESTEP); // away from where it stands
        if (next_stop() != SIGTRAP)
            throw Error("the child took another path");
        if (place() != target)
            run_to_breakpoint(target);
    }
}

void TracedChild::run_to_breakpoint(std::uintptr_t place) {
    const auto code = static_cast<unsigned long>(trace(PTRACE_PEEKTEXT, pid_, place, nullptr));
    trace(PTRACE_POKETEXT, pid_, place, (code & ~0xfful) | breakpoint);
    run();
    if (next_stop() != SIGTRAP)
        throw Error("the child took another path");
    trace(PTRACE_POKETEXT, pid_, place, code);
    auto stopped = registers(pid_);
    stopped.rip = place;
    trace(PTRACE_SETREGS, pid_, nullptr, &stopped);
}

void TracedChild::run() {
    resume(PTRACE_CONT);
}

void TracedChild::resume(int request) {
    trace(static_cast<__ptrace_request>(request), pid_, nullptr, nullptr);
}

int TracedChild::next_stop() {
    int status = 0;
    if (::waitpid(pid_, &status, 0) < 0)
        throw_errno(errno, "cannot wait for the child");
    if (!WIFSTOPPED(status)) {
        pid_ = -1;
        throw Error("the child ended by itself");
    }
    return WSTOPSIG(status);
}

std::uintptr_t TracedChild::place() const {
    return registers(pid_).rip;
}

void TracedChild::kill() noexcept {
    const pid_t pid = std::exchange(pid_, -1);
    if (pid < 0)
        return;
    ::kill(pid, SIGKILL);
    for (int status = 0; ::waitpid(pid, &status, 0) == pid && !WIFSIGNALED(status) && !WIFEXITED(status);)
        continue;
}

} // namespace iptracking::test
