// SPDX-License-Identifier: GPL-2.0-or-later
// callback-storm PROGRAM AT_ONCE SECONDS: runs the callback as pam_exec does, so many at once and so long, each with a
// user of its own.  Prints a line for each: user, exit status, microseconds from its start to its end.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Call {
    std::string user;
    int status;
    std::chrono::microseconds taken;
};

int run_callback(const char *program, const std::string &user) {
    std::string name = "PAM_USER=" + user;
    std::array words{const_cast<char *>(program), static_cast<char *>(nullptr)};
    // As pam_exec orders them.
    std::array environment{const_cast<char *>("SSH_CONNECTION=192.0.2.7 51234 198.51.100.5 22"),
                           const_cast<char *>("PAM_SERVICE=sshd"),
                           name.data(),
                           const_cast<char *>("PAM_TTY=ssh"),
                           const_cast<char *>("PAM_RHOST=192.0.2.7"),
                           const_cast<char *>("PAM_TYPE=auth"),
                           static_cast<char *>(nullptr)};
    pid_t child = 0;
    int status = 0;
    if (::posix_spawn(&child, program, nullptr, nullptr, words.data(), environment.data()) != 0 ||
        ::waitpid(child, &status, 0) != child || !WIFEXITED(status))
        throw std::runtime_error("cannot run the callback, or it was killed");
    return WEXITSTATUS(status);
}

std::vector<Call> call_until(Clock::time_point end, const char *program, int thread) {
    std::vector<Call> calls;
    while (Clock::now() < end) {
        const std::string user = "storm-" + std::to_string(thread) + "-" + std::to_string(calls.size());
        const auto begin = Clock::now();
        const int status = run_callback(program, user);
        calls.push_back({user, status, std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin)});
    }
    return calls;
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    const int at_once = std::atoi(argv[2]);
    const auto end = Clock::now() + std::chrono::seconds(std::atoi(argv[3]));
    std::vector<std::vector<Call>> calls(static_cast<std::size_t>(at_once));
    std::vector<std::thread> threads;
    for (int thread = 0; thread < at_once; ++thread)
        threads.emplace_back(
            [&, thread] { calls[static_cast<std::size_t>(thread)] = call_until(end, argv[1], thread); });
    for (std::thread &thread : threads)
        thread.join();
    for (const auto &of_thread : calls)
        for (const Call &call : of_thread)
            std::printf("%s %d %lld\n", call.user.c_str(), call.status, static_cast<long long>(call.taken.count()));
}
