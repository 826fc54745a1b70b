// SPDX-License-Identifier: GPL-2.0-or-later
#include "sampler/options.h"

#include <charconv>
#include <cstdio>
#include <getopt.h>
#include <optional>
#include <string>

namespace iptracking {
namespace {

constexpr std::uint16_t ssh_port = 22;

constexpr char help[] =
    "usage: iptracking-sampler [OPTION]...\n"
    "Writes what the kernel has counted of each open TCP connection to this host, as lines for the named pipe of\n"
    "iptracking; usually started by iptracking-sampler.timer.\n"
    "\n"
    "  -p, --port PORT  a port of this host (default 22); may be given more than once\n"
    "  -V, --version    print the version\n"
    "  -h, --help       print this\n";

constexpr option long_options[] = {
    {"port", required_argument, nullptr, 'p'},
    {"version", no_argument, nullptr, 'V'},
    {"help", no_argument, nullptr, 'h'},
    {nullptr, 0, nullptr, 0},
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0)
        return std::nullopt;
    return port;
}

Parsed wrong(const std::string &what) {
    std::fprintf(stderr, "iptracking-sampler: %s; try 'iptracking-sampler --help'\n", what.c_str());
    return Parsed::wrong;
}

} // namespace

Parsed parse_options(int argc, char **argv, Options &options) {
    opterr = 0;
    for (int letter = 0; (letter = ::getopt_long(argc, argv, ":p:Vh", long_options, nullptr)) != -1;) {
        switch (letter) {
        case 'p':
            if (const auto port = parse_port(optarg))
                options.ports.insert(*port);
            else
                return wrong("'" + std::string(optarg) + "' is no port");
            break;
        case 'V':
            std::puts("iptracking-sampler " IPTRACKING_VERSION);
            return Parsed::finished;
        case 'h':
            std::fputs(help, stdout);
            return Parsed::finished;
        case ':':
            return wrong("option '" + std::string(argv[optind - 1]) + "' needs a value");
        default:
            return wrong("unknown option '" + std::string(argv[optind - 1]) + "'");
        }
    }
    if (optind != argc)
        return wrong("unexpected argument '" + std::string(argv[optind]) + "'");
    if (options.ports.empty())
        options.ports.insert(ssh_port);
    return Parsed::run;
}

} // namespace iptracking
