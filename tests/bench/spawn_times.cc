// SPDX-License-Identifier: GPL-2.0-or-later
// spawn-times ROUNDS FIFO PROGRAM…: starts each program in turn, waits for its end, and prints a line for it: which
// one, µs from the start to the end, page faults, lines that it wrote to FIFO.  All get the same arguments, those of
// the callback, and the environment of this program.  Behind a blank PROGRAM may have one option more.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace {

struct Run {
    double microseconds;
    long faults;
};

void check(bool good, const char *what, int error = errno) {
    if (!good)
        throw std::system_error(error, std::generic_category(), what);
}

Run run(std::string program, char *fifo) {
    const std::size_t blank = program.find(' ');
    std::string more = blank == program.npos ? "" : program.substr(blank + 1);
    program.resize(std::min(blank, program.size()));
    char option[] = "-p";
    char *arguments[] = {program.data(), option, fifo, more.empty() ? nullptr : more.data(), nullptr};
    const auto began = std::chrono::steady_clock::now();
    pid_t pid = 0;
    const int error = posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments, environ);
    check(error == 0, program.c_str(), error);
    int status = 0;
    rusage usage;
    check(wait4(pid, &status, 0, &usage) == pid, "wait4");
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    if (status != 0)
        throw std::runtime_error(program + ": ended with status " + std::to_string(WEXITSTATUS(status)));
    return {took.count(), usage.ru_minflt};
}

int take_lines(int pipe) {
    char bytes[65536];
    int lines = 0;
    for (ssize_t size; (size = read(pipe, bytes, sizeof(bytes))) > 0;)
        for (ssize_t i = 0; i < size; ++i)
            lines += bytes[i] == '\n';
    return lines;
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 4) {
        std::fputs("usage: spawn-times ROUNDS FIFO PROGRAM...\n", stderr);
        return 2;
    }
    // As systemd holds it.
    const int pipe = open(argv[2], O_RDWR | O_NONBLOCK | O_CLOEXEC);
    check(pipe >= 0, argv[2]);
    const int programs = argc - 3;
    for (int round = 0; round < std::atoi(argv[1]); ++round) {
        for (int turn = 0; turn < programs; ++turn) {
            const int which = round % 2 == 0 ? turn : programs - 1 - turn; // whom the one before disturbs changes
            const Run one = run(argv[3 + which], argv[2]);
            std::printf("%d %.1f %ld %d\n", which, one.microseconds, one.faults, take_lines(pipe));
        }
    }
    return 0;
}
