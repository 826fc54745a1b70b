// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/sshd_message.h"

#include "import/words.h"

namespace iptracking {
namespace {

using What = SshdMessage::What;
using words::drop_prefix;
using words::drop_suffix;

/// In text files anybody may have written a number.
constexpr int most_repetitions = 1'000;

// --- the source at the end ------------------------------------------------------------------------------------

/// An address, a name, or UNKNOWN.
bool read_host(std::string_view word, SshdMessage &message) noexcept {
    if (word.empty())
        return false;
    if (const auto address = IpAddress::parse(word))
        message.source = *address;
    else if (word != "UNKNOWN")
        message.rhost = word;
    return true;
}

/// "ADDR port N", or with `may_lack_port` also "ADDR", is taken from the end; a name is no address here.
bool take_source(std::string_view &text, SshdMessage &message, bool may_lack_port = false) noexcept {
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

// --- results --------------------------------------------------------------------------------------------------

/// What stands behind "ssh2: " where no stranger chose a word of it: a key's type and fingerprint, or a principal.
bool is_plain_info(std::string_view info) noexcept {
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

// --- the messages ---------------------------------------------------------------------------------------------

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

// --- PAM modules ----------------------------------------------------------------------------------------------

/// " NAME=" up to the next blank; data() is null: it is not there.
std::string_view field(std::string_view text, std::string_view name) noexcept {
    const std::size_t at = text.find(name);
    if (at == text.npos)
        return {};
    text.remove_prefix(at + name.size());
    return text.substr(0, text.find(' '));
}

/// "; logname= uid=0 euid=0 tty=ssh ruser= rhost=HOST[  user=USER]": all of the end is the user.
void read_pam_fields(std::string_view text, SshdMessage &message) noexcept {
    if (const std::size_t user = text.find(" user="); user != text.npos) {
        message.user = text.substr(user + 6);
        message.is_raw = true;
        text = text.substr(0, user);
    }
    read_host(field(text, " rhost="), message);
}

/// "USER[(uid=N)][ by …]"
std::string_view session_user(std::string_view text) noexcept {
    if (const std::size_t by = text.rfind(" by "); by != text.npos)
        text = text.substr(0, by);
    if (const std::size_t uid = text.rfind("(uid="); uid != text.npos && text.ends_with(')'))
        text = text.substr(0, uid);
    return text;
}

/// Behind "MODULE(sshd:TYPE): "
void read_module(std::string_view type, std::string_view text, SshdMessage &message) noexcept {
    if (type == "auth" && drop_prefix(text, "authentication failure;")) {
        message.what = What::pam_failure;
        read_pam_fields(text, message);
    } else if (type == "auth" && drop_prefix(text, "authentication success;")) {
        message.what = What::pam_success;
        read_pam_fields(text, message);
    } else if (type == "session" && drop_prefix(text, "session opened for user ")) {
        message.what = What::opened;
        message.user = session_user(text);
        message.is_raw = true;
    } else if (type == "session" && drop_prefix(text, "session closed for user ")) {
        message.what = What::closed;
        message.user = text;
        message.is_raw = true;
    }
}

/// "pam_unix(sshd:auth): …"; only modules that say of sessions what pam_unix says count as it, or each would be two.
bool read_pam_message(std::string_view text, SshdMessage &message) noexcept {
    if (!text.starts_with("pam_"))
        return false;
    const std::size_t open = text.find('('), colon = text.find(':'), close = text.find("): ");
    if (open == text.npos || colon == text.npos || close == text.npos || open > colon || colon > close)
        return false;
    const std::string_view module = text.substr(0, open);
    if (module == "pam_unix" || module == "pam_unix_ng" || module == "pam_sss")
        read_module(text.substr(colon + 1, close - colon - 1), text.substr(close + 3), message);
    message.method = module;
    if (module == "pam_sss" && (message.what == What::opened || message.what == What::closed))
        message.what = What::nothing;
    return true;
}

/// "PAM N more authentication failure[s]; …": of one handle, written when it ends.
bool read_more_failures(std::string_view text, SshdMessage &message) noexcept {
    if (!drop_prefix(text, "PAM "))
        return false;
    const std::string_view number = words::take_first(text);
    if (!words::read_number(number, message.count) || message.count > most_repetitions ||
        !(drop_prefix(text, "more authentication failures;") || drop_prefix(text, "more authentication failure;")))
        return false;
    message.what = What::pam_failure;
    message.method = "pam_unix";
    read_pam_fields(text, message);
    return true;
}

bool read_plain(std::string_view text, SshdMessage &message) noexcept {
    if (read_pam_message(text, message) || read_more_failures(text, message))
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
