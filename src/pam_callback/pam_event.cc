// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/pam_event.h"

#include "pam_callback/clock.h"
#include "pam_callback/session_process.h"

#include <arpa/inet.h>
#include <string.h>

namespace iptracking {
namespace {

/// An address as inet_pton(3) takes it, without the zone of a link-local one.
struct Address {
    char text[INET6_ADDRSTRLEN];
    unsigned char binary[16]; ///< IPv4 mapped, ::ffff:a.b.c.d
};

bool parse_address(const char *text, size_t size, Address &address) {
    const void *zone = memchr(text, '%', size);
    if (zone)
        size = static_cast<size_t>(static_cast<const char *>(zone) - text);
    if (size == 0 || size >= sizeof(address.text))
        return false;
    memcpy(address.text, text, size);
    address.text[size] = '\0';
    static const unsigned char v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    memcpy(address.binary, v4_prefix, sizeof(v4_prefix));
    return inet_pton(AF_INET, address.text, address.binary + sizeof(v4_prefix)) == 1 ||
           inet_pton(AF_INET6, address.text, address.binary) == 1;
}

bool parse_port(const char *text, size_t size, unsigned &port) {
    if (size == 0 || size > 5)
        return false;
    port = 0;
    for (size_t i = 0; i < size; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return port <= 65535;
}

struct Connection {
    Address client, server;
    unsigned client_port, server_port;
};

/// "client-address client-port server-address server-port", as sshd sets SSH_CONNECTION (ssh(1)).
bool parse_ssh_connection(const char *text, Connection &connection) {
    const char *words[4];
    size_t sizes[4];
    for (size_t i = 0; i < 4; ++i) {
        words[i] = text;
        sizes[i] = strcspn(text, " ");
        text += sizes[i];
        if ((*text == ' ') != (i < 3))
            return false;
        text += *text == ' ';
    }
    return parse_address(words[0], sizes[0], connection.client) &&
           parse_port(words[1], sizes[1], connection.client_port) &&
           parse_address(words[2], sizes[2], connection.server) &&
           parse_port(words[3], sizes[3], connection.server_port);
}

void append_time(LineBuffer &line) {
    const timespec now = real_time();
    line.append(" time=");
    line.append_number(static_cast<unsigned long long>(now.tv_sec) * 1000000 +
                       static_cast<unsigned long long>(now.tv_nsec) / 1000);
}

void append_connection(LineBuffer &line, const Connection &connection) {
    line.append(" src=");
    line.append(connection.client.text);
    line.append(" sport=");
    line.append_number(connection.client_port);
    line.append(" dst=");
    line.append(connection.server.text);
    line.append(" dport=");
    line.append_number(connection.server_port);
}

struct Text {
    const char *name, *value;
};

/// The texts, the most telling first: if all are as long as they can be, the last do not fit.
void append_texts(LineBuffer &line, const Text *texts, size_t count) {
    // Kept free for what follows a text: the names of all the others, the list of the cut ones, the newline.
    constexpr size_t reserve = 128;
    bool cut[8] = {};
    bool any_cut = false;
    for (size_t i = 0; i < count; ++i) {
        if (!texts[i].value)
            continue;
        line.append(" ");
        line.append(texts[i].name);
        line.append("=");
        cut[i] = line.append_escaped(texts[i].value, reserve);
        any_cut |= cut[i];
    }
    const char *before = " cut=";
    for (size_t i = 0; any_cut && i < count; ++i) {
        if (!cut[i])
            continue;
        line.append(before);
        line.append(texts[i].name);
        before = ",";
    }
}

bool is_one_of_ours(const char *type) {
    static const char *const types[] = {"auth", "account", "open_session", "close_session"};
    for (const char *known : types)
        if (strcmp(type, known) == 0)
            return true;
    return false;
}

/// A user may have written SSH_CONNECTION into the PAM environment (pam_environment.h).  What sshd says of the same
/// connection, PAM_RHOST, he cannot: it must be the same address, or a name (UseDNS yes).  A local service has no
/// such connection.
bool is_believable(const Connection &connection, const PamEnvironment &pam) {
    if (!pam.from_pam_exec())
        return true;
    Address said;
    if (const char *rhost = pam.filled_item("PAM_RHOST"))
        return !parse_address(rhost, strlen(rhost), said) ||
               memcmp(said.binary, connection.client.binary, sizeof(said.binary)) == 0;
    const char *tty = pam.filled_item("PAM_TTY");
    return !pam.filled_item("PAM_RUSER") && (!tty || strcmp(tty, "ssh") == 0);
}

} // namespace

ExitStatus describe_pam_event(LineBuffer &line, const PamEnvironment &pam, bool remote_only) {
    const char *type = pam.item("PAM_TYPE");
    if (!type)
        return ExitStatus::not_from_pam;
    if (!is_one_of_ours(type))
        return ExitStatus::ignored; // "password": a change of a password is not a login

    const char *ssh_connection = pam.ssh_connection();
    const char *rhost = pam.filled_item("PAM_RHOST");
    Connection connection;
    Address address;
    const bool has_connection =
        ssh_connection && parse_ssh_connection(ssh_connection, connection) && is_believable(connection, pam);
    const bool rhost_is_address = rhost && parse_address(rhost, strlen(rhost), address);
    if (remote_only && !has_connection && !rhost)
        return ExitStatus::ignored;

    line.append(line::magic);
    line.append(" event=");
    line.append(type);
    append_time(line);
    if (has_connection) {
        append_connection(line, connection);
    } else if (rhost_is_address) {
        line.append(" src=");
        line.append(address.text);
    }
    line.append(" pid=");
    line.append_number(static_cast<unsigned long long>(session_process(type, pam.filled_item("PAM_TTY"))));

    const Text texts[] = {
        {"user", pam.item("PAM_USER")},
        {"service", pam.filled_item("PAM_SERVICE")},
        {"tty", pam.filled_item("PAM_TTY")},
        {"ruser", pam.filled_item("PAM_RUSER")},
        {"rhost", rhost_is_address ? nullptr : rhost},
    };
    append_texts(line, texts, sizeof(texts) / sizeof(texts[0]));
    line.append("\n");
    return ExitStatus::stored;
}

} // namespace iptracking
