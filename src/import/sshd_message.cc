// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/sshd_message.h"

#include "import/sshd_parts.h"
#include "import/words.h"

namespace iptracking {
namespace {

using What = SshdMessage::What;
using words::drop_prefix;
using words::drop_suffix;

bool read_known(std::string_view, SshdMessage &) noexcept {
    return true;
}

/// "[invalid user ]USER from ADDR port N ssh2": Failed, Accepted.
bool read_outcome(std::string_view text, SshdMessage &message) noexcept {
    if (!read_result(text, message))
        return false;
    if (message.what == What::failed && message.method == "none")
        message.what = What::nothing; // the client asked which methods there are
    return true;
}

/// "… ADDR port N": the rest is the user, if anything.
bool read_end(std::string_view text, SshdMessage &message) noexcept {
    take_source(text, message);
    return true;
}

bool read_invalid_user(std::string_view text, SshdMessage &message) noexcept {
    if (!take_source(text, message, true))
        return false;
    message.user = text;
    return drop_suffix(message.user, " from");
}

bool read_preauth_invalid_user(std::string_view text, SshdMessage &message) noexcept {
    message.user = text;
    return true;
}

/// "TEXT for [illegal user ]USER from HOST": the texts are those of pam_strerror(3).
bool read_pam_error(std::string_view text, SshdMessage &message) noexcept {
    drop_prefix(text, "Have exhausted maximum number of retries for service");
    const std::size_t begin = text.find(" for ");
    if (begin == text.npos)
        return false;
    text.remove_prefix(begin + 5);
    drop_prefix(text, "illegal user ") || drop_prefix(text, "invalid user ");
    const std::size_t end = text.rfind(" from ");
    if (end == text.npos || !read_host(text.substr(end + 6), message))
        return false;
    message.user = text.substr(0, end);
    return true;
}

bool read_root_refused(std::string_view text, SshdMessage &message) noexcept {
    message.user = "root";
    return take_source(text, message, true) && text.empty();
}

/// "USER by PAM account configuration"
bool read_denied(std::string_view text, SshdMessage &message) noexcept {
    message.user = text;
    return drop_suffix(message.user, " by PAM account configuration");
}

/// "USER [from ADDR ]not allowed because …": sshd knows no other user of this name, so it is no stranger's text.
bool read_not_allowed(std::string_view text, SshdMessage &message) noexcept {
    const std::size_t end = text.rfind(" not allowed because ");
    if (end == text.npos)
        return false;
    text = text.substr(0, end);
    if (const std::size_t from = text.rfind(" from "); from != text.npos && read_host(text.substr(from + 6), message))
        text = text.substr(0, from);
    message.user = text;
    return true;
}

/// "ADDR port N on ADDR port N[ rdomain …]"
bool read_connection(std::string_view text, SshdMessage &message) noexcept {
    SshdMessage there;
    const std::size_t on = text.find(" on ");
    std::string_view source = text.substr(0, on), destination = on == text.npos ? "" : text.substr(on + 4);
    destination = destination.substr(0, destination.find(" rdomain "));
    if (!take_source(source, message) || !source.empty())
        return false;
    if (take_source(destination, there) && destination.empty()) {
        message.destination = there.source;
        message.destination_port = there.source_port;
    }
    return true;
}

bool read_child(std::string_view text, SshdMessage &message) noexcept {
    return words::read_number(text, message.child);
}

/// "shell|command|subsystem 'sftp' [on TTY ]for USER from ADDR port N[ id N]"
bool read_started(std::string_view text, SshdMessage &message) noexcept {
    if (std::string_view rest = text; words::is_number(words::take_last(rest)) && drop_suffix(rest, " id"))
        text = rest;
    if (!take_source(text, message) || !drop_suffix(text, " from"))
        return false;
    const std::size_t user = text.find(" for ");
    if (user == text.npos)
        return false;
    message.user = text.substr(user + 5);
    text = text.substr(0, user);
    if (const std::size_t on = text.rfind(" on "); on != text.npos)
        message.tty = text.substr(on + 4);
    return true;
}

struct Form {
    std::string_view begin;
    What what;
    bool (*read)(std::string_view rest, SshdMessage &message) noexcept;
};

constexpr Form forms[] = {
    {"Failed ", What::failed, read_outcome},
    {"Accepted key ", What::nothing, read_known},
    {"Accepted cert ", What::nothing, read_known},
    {"Accepted certificate ", What::nothing, read_known},
    {"Accepted ", What::accepted, read_outcome},
    {"Invalid user ", What::invalid_user, read_invalid_user},
    {"Illegal user ", What::invalid_user, read_invalid_user},
    {"input_userauth_request: invalid user ", What::invalid_user, read_preauth_invalid_user},
    {"input_userauth_request: illegal user ", What::invalid_user, read_preauth_invalid_user},
    {"PAM: ", What::pam_error, read_pam_error},
    {"ROOT LOGIN REFUSED FROM ", What::root_refused, read_root_refused},
    {"Access denied for user ", What::denied, read_denied},
    {"User child is on pid ", What::child, read_child},
    {"User ", What::nothing, read_not_allowed},
    {"Connection from ", What::connection, read_connection},
    {"Starting session: ", What::started, read_started},
    {"Connection closed by ", What::ended, read_end},
    {"Connection reset by ", What::ended, read_end},
    {"Disconnected from ", What::ended, read_end},
};

/// Beginnings of messages that tell of no attempt and no session.
constexpr std::string_view known[] = {
    "Postponed ",
    "Partial ",
    "Connection closed [",
    "Disconnecting ",
    "Disconnecting: ",
    "Received disconnect from ",
    "Did not receive identification string from ",
    "banner exchange: ",
    "Bad protocol version identification ",
    "Bad remote protocol version identification: ",
    "Protocol major versions differ",
    "Unable to negotiate ",
    "Unable to negotiate a key exchange method",
    "no matching ",
    "kex_exchange_identification: ",
    "kex_protocol_error: ",
    "ssh_dispatch_run_fatal: ",
    "Timeout before authentication ",
    "drop connection #",
    "beginning MaxStartups throttling",
    "exited MaxStartups throttling",
    "maximum authentication attempts exceeded ",
    "Too many authentication failures",
    "PAM service(",
    "Authentication refused: ",
    "Authentication tried for ",
    "Authentication key ",
    "Certificate invalid: ",
    "Received signal ",
    "Server listening on ",
    "Close session: ",
    "Closing connection to ",
    "Transferred: ",
    "Exiting on signal ",
    "Received request from ",
    "Received SIGHUP",
    "subsystem request for ",
    "Read error from remote host ",
    "Read from socket failed: ",
    "Write failed: ",
    "Timeout, client not responding",
    "Address ",
    "reverse mapping checking getaddrinfo for ",
    "Could not load host key",
    "Could not get shadow information for ",
    "Nasty PTR record ",
    "Set /proc/self/oom_score_adj ",
    "Changed root directory to ",
    "Found matching ",
    "Forced command ",
    "session opened for local user ",
    "session closed for local user ",
    "refused connect from ",
    "rexec line ",
    "key_load_public: ",
    "Bind to port ",
    "Deprecated option ",
};

bool read_plain(std::string_view text, SshdMessage &message) noexcept {
    if (read_pam_message(text, message))
        return true;
    for (const Form &form : forms) {
        SshdMessage read{.what = form.what};
        std::string_view rest = text;
        if (drop_prefix(rest, form.begin) && form.read(rest, read)) {
            message = read;
            return true;
        }
    }
    for (const std::string_view begin : known)
        if (text.starts_with(begin))
            return true;
    return false;
}

/// "message repeated N times: [ … ]" of rsyslog and journald's like.
int take_repetition(std::string_view &text) noexcept {
    std::string_view rest = text;
    int times = 1;
    if (!drop_prefix(rest, "message repeated ") || !words::read_number(words::take_first(rest), times) ||
        !drop_prefix(rest, "times: [") || !drop_suffix(rest, "]") || times < 1 || times > most_repetitions)
        return 1;
    drop_prefix(rest, " ");
    text = rest;
    return times;
}

} // namespace

std::optional<SshdMessage> read_sshd_message(std::string_view text) noexcept {
    while (text.ends_with(' ')) // pam_unix, of a user it does not know
        text.remove_suffix(1);
    const int times = take_repetition(text);
    drop_suffix(text, " [preauth]") || drop_suffix(text, " [postauth]");
    drop_prefix(text, "error: ") || drop_prefix(text, "fatal: ");
    SshdMessage message;
    if (!read_plain(text, message))
        return std::nullopt;
    message.count *= times;
    return message.count > most_repetitions ? std::nullopt : std::optional(message);
}

} // namespace iptracking
