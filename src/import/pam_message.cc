// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/sshd_parts.h"
#include "import/words.h"

namespace iptracking {
namespace {

using What = SshdMessage::What;
using words::drop_prefix;

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
bool read_module_message(std::string_view text, SshdMessage &message) noexcept {
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
    int count = 0;
    if (!words::read_number(words::take_first(text), count) || count < 1 || count > most_repetitions ||
        !(drop_prefix(text, "more authentication failures;") || drop_prefix(text, "more authentication failure;")))
        return false;
    message.what = What::pam_failure;
    message.count = count;
    message.method = "pam_unix";
    read_pam_fields(text, message);
    return true;
}

} // namespace

bool read_pam_message(std::string_view text, SshdMessage &message) noexcept {
    return read_module_message(text, message) || read_more_failures(text, message);
}

} // namespace iptracking
