// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/pam_event.h"

#include "pam_callback/clock.h"
#include "pam_callback/held_sockets.h"
#include "pam_callback/session_process.h"
#include "pam_callback/ssh_connection.h"
#include "tcp/sock_diag.h"
#include "tcp/words.h"

#include <string.h>

namespace iptracking {
namespace {

void append_time(LineBuffer &line) {
    const timespec now = real_time();
    line.append(" time=");
    line.append_number(static_cast<unsigned long long>(now.tv_sec) * 1000000 +
                       static_cast<unsigned long long>(now.tv_nsec) / 1000);
}

struct Text {
    const char *name, *value;
    size_t most = line::max_text; ///< bytes as typed
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
        cut[i] = line.append_escaped(texts[i].value, texts[i].most, reserve);
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
bool is_believable(const tcp::Connection &connection, const PamEnvironment &pam) {
    if (!pam.from_pam_exec())
        return true;
    tcp::Address said;
    if (const char *rhost = pam.filled_item("PAM_RHOST"))
        return !tcp::parse_address(rhost, strlen(rhost), said) || tcp::is_same(said, connection.client);
    const char *tty = pam.filled_item("PAM_TTY");
    return !pam.filled_item("PAM_RUSER") && (!tty || strcmp(tty, "ssh") == 0);
}

bool is_terminal(const char *tty) {
    static const char *const beginnings[] = {"/dev/", "tty", "pts/", "console", ":", "cron"};
    for (const char *beginning : beginnings)
        if (strncmp(tty, beginning, strlen(beginning)) == 0)
            return true;
    return false;
}

/// What one event is about, beside the texts.
struct Origin {
    const char *ssh_connection = nullptr; ///< where it is believed
    const char *rhost = nullptr;
    bool rhost_is_address = false;
    tcp::Address address; ///< that of rhost
    bool has_connection = false;
    tcp::Connection connection;
    pid_t process = 0;
};

/// Whether its service may have a client: one of su, cron or a console has none, whatever sockets it holds.
bool may_be_remote(const Origin &origin, const PamEnvironment &pam) {
    const char *tty = pam.filled_item("PAM_TTY");
    return !(tty && is_terminal(tty)) && (origin.rhost_is_address || !pam.filled_item("PAM_RUSER"));
}

Origin find_origin(const PamEnvironment &pam, const char *type, bool with_traffic) {
    Origin origin;
    origin.process = session_process(type, pam.filled_item("PAM_TTY"));
    origin.rhost = pam.filled_item("PAM_RHOST");
    origin.rhost_is_address = origin.rhost && tcp::parse_address(origin.rhost, strlen(origin.rhost), origin.address);
    const char *ssh_connection = pam.variable("SSH_CONNECTION");
    if (ssh_connection && parse_ssh_connection(ssh_connection, origin.connection) &&
        is_believable(origin.connection, pam)) {
        origin.ssh_connection = ssh_connection;
        origin.has_connection = true;
    } else if (with_traffic && may_be_remote(origin, pam)) {
        origin.has_connection = find_incoming(origin.process, origin.connection) &&
                                (!origin.rhost_is_address || tcp::is_same(origin.address, origin.connection.client));
    }
    return origin;
}

/// How the session was opened, as sshd says it: a key, mostly.  It stands where SSH_CONNECTION does, and only sessions
/// have it: a stranger cannot fill the pipe with it.
const char *auth_info(const Origin &origin, const PamEnvironment &pam, const char *type) {
    const bool is_session = type[0] != 'a';
    return is_session && origin.ssh_connection ? pam.variable("SSH_AUTH_INFO_0") : nullptr;
}

void append_traffic(LineBuffer &line, Origin &origin) {
    if (origin.ssh_connection)
        origin.connection.interface = interface_of(origin.ssh_connection);
    tcp::Counters counters;
    if (tcp::read_counters(origin.connection, counters) ||
        read_reset_counters(origin.process, origin.connection, counters))
        tcp::append_counters(line, counters);
}

} // namespace

ExitStatus describe_pam_event(LineBuffer &line, const PamEnvironment &pam, bool remote_only, bool with_traffic) {
    const char *type = pam.item("PAM_TYPE");
    if (!type)
        return ExitStatus::not_from_pam;
    if (!is_one_of_ours(type))
        return ExitStatus::ignored; // "password": a change of a password is not a login

    Origin origin = find_origin(pam, type, with_traffic);
    if (remote_only && !origin.has_connection && !origin.rhost)
        return ExitStatus::ignored;

    line.append(line::magic);
    line.append(" event=");
    line.append(type);
    append_time(line);
    if (origin.has_connection) {
        tcp::append_connection(line, origin.connection);
    } else if (origin.rhost_is_address) {
        line.append(" src=");
        line.append(origin.address.text);
    }
    line.append(" pid=");
    line.append_number(static_cast<unsigned long long>(origin.process));
    if (with_traffic && origin.has_connection)
        append_traffic(line, origin);

    const Text texts[] = {
        {"user", pam.item("PAM_USER")},
        {"service", pam.filled_item("PAM_SERVICE")},
        {"tty", pam.filled_item("PAM_TTY")},
        {"ruser", pam.filled_item("PAM_RUSER")},
        {"rhost", origin.rhost_is_address ? nullptr : origin.rhost},
        {"auth_info", auth_info(origin, pam, type), line::max_size},
    };
    append_texts(line, texts, sizeof(texts) / sizeof(texts[0]));
    line.append("\n");
    return ExitStatus::stored;
}

} // namespace iptracking
