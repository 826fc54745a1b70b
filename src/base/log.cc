// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include "base/unique_fd.h"
#include "base/utf8.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace iptracking {
namespace {

Level highest = Level::info;

/// Whether stderr is the stream that systemd gave us: $JOURNAL_STREAM names its device and inode
/// (systemd.exec(5)).
bool stderr_is_journal() noexcept {
    static const bool answer = [] {
        const char *const stream = std::getenv("JOURNAL_STREAM");
        struct stat status {};
        return stream && ::fstat(2, &status) == 0 &&
               stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    }();
    return answer;
}

void append_byte_escaped(std::string &out, unsigned char byte) {
    static constexpr char digits[] = "0123456789abcdef";
    out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

UniqueFd connect_to_journal() noexcept {
    UniqueFd journal{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    constexpr sockaddr_un address{AF_UNIX, "/run/systemd/journal/socket"};
    if (journal && ::connect(journal.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) < 0)
        journal.reset();
    return journal;
}

/// A datagram of journald's native protocol, https://systemd.io/JOURNAL_NATIVE_PROTOCOL/: lines NAME=value.
/// sd_journal_sendv(3) would wait where journald hangs; a message that it does not take at once is dropped.
void send_to_journal(Level level, const std::string &message, std::initializer_list<Field> fields, const Where &where) {
    static const UniqueFd journal = connect_to_journal();
    std::string datagram;
    const auto add = [&](const char *name, const std::string &value) {
        datagram.append(name).append("=").append(value).append("\n");
    };
    add("MESSAGE", message);
    add("PRIORITY", std::to_string(static_cast<int>(level)));
    add("SYSLOG_IDENTIFIER", program_invocation_short_name);
    add("CODE_FILE", where.file);
    add("CODE_FUNC", where.function);
    add("CODE_LINE", std::to_string(where.line));
    for (const Field &field : fields)
        add(field.name, one_line(field.value));
    ::send(journal.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

} // namespace

void set_log_level(Level level) noexcept {
    highest = level;
}

bool log_enabled(Level level) noexcept {
    return level <= highest;
}

void log(Level level, std::string_view message, std::initializer_list<Field> fields, Where where) noexcept try {
    if (!log_enabled(level))
        return;
    const std::string text = one_line(message);
    if (stderr_is_journal())
        send_to_journal(level, text, fields, where);
    else
        std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, text.c_str());
} catch (...) {
    // A message that cannot be said must not end the program that says it.
}

std::string one_line(std::string_view text, std::size_t limit) {
    std::string out;
    while (!text.empty()) {
        if (out.size() >= limit)
            return out + "…";
        const std::size_t length = size_of_character(text);
        if (length == 0)
            append_byte_escaped(out, static_cast<unsigned char>(text[0]));
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    for (const char c : text.substr(0, limit)) {
        if (c >= ' ' && c <= '~')
            out += c;
        else
            append_byte_escaped(out, static_cast<unsigned char>(c));
    }
    if (text.size() > limit)
        out += "…";
    return out;
}

} // namespace iptracking
