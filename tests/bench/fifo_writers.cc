// SPDX-License-Identifier: GPL-2.0-or-later
// fifo-writers FIFO N LINES: N threads that write the lines of a file, each with one write(2), as callbacks do; whoever
// is ready takes the next one.  Says "ready", and begins when its standard input ends.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

int main(int argc, char **argv) {
    const long writers = argc == 4 ? std::strtol(argv[2], nullptr, 10) : 0;
    const int fifo = writers > 0 ? ::open(argv[1], O_WRONLY | O_CLOEXEC) : -1;
    if (fifo < 0) {
        std::fprintf(stderr, "usage: fifo-writers FIFO N LINES\n");
        return 2;
    }
    std::ostringstream file;
    file << std::ifstream(argv[3]).rdbuf();
    const std::string text = file.str();
    std::vector<std::string_view> lines;
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != text.npos; begin = end + 1)
        lines.push_back(std::string_view(text).substr(begin, end + 1 - begin));

    std::atomic<std::size_t> next{0}, failed{0};
    const auto write_lines = [&] {
        for (std::size_t n; (n = next++) < lines.size();)
            if (::write(fifo, lines[n].data(), lines[n].size()) != static_cast<ssize_t>(lines[n].size()))
                ++failed;
    };
    std::puts("ready");
    std::fflush(stdout);
    while (std::getchar() != EOF)
        continue;
    std::vector<std::jthread> threads;
    for (long n = 0; n < writers; ++n)
        threads.emplace_back(write_lines);
    threads.clear();
    return failed != 0;
}
