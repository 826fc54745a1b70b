// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "sampler/established.h"
#include "sampler/line_output.h"
#include "sampler/options.h"
#include "tcp/words.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <unistd.h>

using namespace iptracking;

namespace {

constexpr int usage_status = 2;

using Microseconds = std::chrono::microseconds;

LineBuffer begin_line(Microseconds time) {
    LineBuffer line;
    line.append(line::magic);
    line.append(" event=sample time=");
    line.append_number(static_cast<unsigned long long>(time.count()));
    return line;
}

/// The last line of a port says that its connections are all told, so it is missing where one of them is.
void sample(const Options &options, LineOutput &output) {
    const auto now = std::chrono::duration_cast<Microseconds>(std::chrono::system_clock::now().time_since_epoch());
    for (const std::uint16_t port : options.ports) {
        for_each_established(port, [&](const tcp::Connection &connection, const tcp::Counters &counters) {
            LineBuffer line = begin_line(now);
            tcp::append_connection(line, connection);
            tcp::append_counters(line, counters);
            line.append("\n");
            output.write(line);
        });
        LineBuffer last = begin_line(now);
        last.append(" dport=");
        last.append_number(port);
        last.append("\n");
        output.write(last);
    }
}

} // namespace

int main(int argc, char **argv) try {
    Options options;
    switch (parse_options(argc, argv, options)) {
    case Parsed::finished:
        return 0;
    case Parsed::wrong:
        return usage_status;
    case Parsed::run:
        break;
    }
    std::signal(SIGPIPE, SIG_IGN);
    LineOutput output(STDOUT_FILENO);
    sample(options, output);
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "iptracking-sampler: %s\n", describe(error).c_str());
    return 1;
}
