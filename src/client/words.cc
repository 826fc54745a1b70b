// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/words.h"

#include <charconv>

namespace iptracking {
namespace {

int parse_prefix(const char *option, const std::string &text, int longest) {
    int number = -1;
    const char *const digits = text.data() + (text.starts_with('/') ? 1 : 0);
    const auto end = std::from_chars(digits, text.data() + text.size(), number);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size() || number < 0 || number > longest)
        throw UsageError(std::string(option) + " needs a number from 0 to " + std::to_string(longest) + ", not '" +
                         printable(text) + "'");
    return number;
}

/// The bits of IPv6 that go with those of IPv4: 24 and 64, 16 and 48, 8 and 32.
int prefix6_of(int prefix) {
    return prefix == 0 ? 0 : prefix == 32 ? 128 : 2 * prefix + 16;
}

} // namespace

bool is_word(const std::string &typed, const std::string &word) {
    const auto is_plural = [](const std::string &one, const std::string &many) {
        return many == one + "s" || many == one + "es";
    };
    return typed == word || is_plural(typed, word) || is_plural(word, typed);
}

void NetOptions::declare(OptionList &options) {
    options.value("--prefix", "BITS", prefix_, "Of nets: so many of IPv4 (24)");
    options.value("--prefix6", "BITS", prefix6_, "So many of IPv6 (64 beside 24, 48 beside 16, 32 beside 8)");
}

void NetOptions::read(const char *verb, bool nets, int &prefix, int &prefix6) const {
    if ((prefix_ || prefix6_) && !nets)
        throw UsageError("--prefix and --prefix6 go with nets: iptracking " + std::string(verb) + " nets --prefix 16");
    if (prefix_) {
        prefix = parse_prefix("--prefix", *prefix_, 32);
        prefix6 = prefix6_of(prefix);
    }
    if (prefix6_)
        prefix6 = parse_prefix("--prefix6", *prefix6_, 128);
}

} // namespace iptracking
