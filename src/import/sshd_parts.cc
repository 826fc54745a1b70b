// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/sshd_parts.h"

#include "import/words.h"

namespace iptracking {
namespace {

using words::drop_prefix;
using words::drop_suffix;

/// What stands behind "ssh2: " where no stranger chose a word of it: a key's type and fingerprint, or a principal.
bool is_plain_info(std::string_view info) noexcept {
    if (info.ends_with('"')) // the name of a client's host may end in words of his choice
        return false;
    words::take_first(info);
    return words::take_first(info).find(' ') == info.npos && info.empty();
}

/// "TYPE-CERT [FINGERPRINT ]ID … (serial N) CA TYPE FINGERPRINT", "TYPE FINGERPRINT, client user "…", client host "…"":
/// the client chooses what stands between.
bool is_open_info(std::string_view info) noexcept {
    const bool certificate = words::take_first(info).ends_with("-CERT");
    if (certificate && info.starts_with("ID "))
        return info.find(" (serial ") != info.npos;
    words::take_first(info); // fingerprint
    return certificate ? info.starts_with("ID ") && info.find(" (serial ") != info.npos
                       : info.starts_with("client user \"") && info.ends_with('"');
}

/// "METHOD for [invalid user ]USER from ADDR port N": what stands in front of " ssh2".
bool read_result_head(std::string_view text, SshdMessage &message) noexcept {
    message.method = words::take_first(text);
    if (!drop_prefix(text, "for ") || !take_source(text, message) || !drop_suffix(text, " from"))
        return false;
    drop_prefix(text, "invalid user ") || drop_prefix(text, "illegal user ");
    message.user = text;
    return !message.method.empty();
}

} // namespace

bool read_host(std::string_view word, SshdMessage &message) noexcept {
    if (word.empty())
        return false;
    if (const auto address = IpAddress::parse(word))
        message.source = *address;
    else if (word != "UNKNOWN")
        message.rhost = word;
    return true;
}

bool take_source(std::string_view &text, SshdMessage &message, bool may_lack_port) noexcept {
    std::string_view rest = text;
    std::string_view last = words::take_last(rest);
    std::string_view before = rest;
    if (words::take_last(before) == "port" && words::read_number(last, message.source_port)) {
        last = words::take_last(before);
        rest = before;
    } else if (!may_lack_port) {
        return false;
    }
    const auto address = IpAddress::parse(last);
    if (!address && last != "UNKNOWN")
        return false;
    message.source = address.value_or(IpAddress{});
    text = rest;
    return true;
}

/// " ssh2" at the end, or " ssh2: INFO".  Where INFO holds what the client chose, that or the user may look like the
/// middle of a line; then there are several ways to read it, and who and where is left open.
bool read_result(std::string_view text, SshdMessage &message) noexcept {
    constexpr std::string_view mark = " ssh2: ";
    if (std::string_view head = text; drop_suffix(head, " ssh2") && read_result_head(head, message))
        return true;
    int ways = 0;
    for (std::size_t at = text.rfind(mark); at != text.npos && at > 0; at = text.rfind(mark, at - 1)) {
        const std::string_view info = text.substr(at + mark.size());
        const bool plain = is_plain_info(info);
        SshdMessage read = message;
        if ((plain || is_open_info(info)) && read_result_head(text.substr(0, at), read)) {
            message = read;
            if (plain)
                return true;
            ++ways;
        }
    }
    if (ways > 1) {
        message.user = {};
        message.source = {};
        message.source_port = 0;
    }
    return ways > 0;
}

} // namespace iptracking
