// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/selection_options.h"

#include "base/log.h"
#include "event/event.h"
#include "event/stored_text.h"
#include "event/timestamp.h"
#include "query/time_window.h"

#include <algorithm>

namespace iptracking {
namespace {

[[noreturn]] void refuse(const char *option, const std::string &accepted, const std::string &text,
                         const std::string &why = "") {
    throw UsageError(std::string(option) + " needs " + accepted + ", not '" + printable(text) + "'" + why);
}

/// "a, b or c".
std::string joined(const std::vector<std::string> &names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text.append(i == 0 ? "" : i + 1 == names.size() ? " or " : ", ").append(names[i]);
    return text;
}

std::string one_of(const char *option, const std::vector<std::string> &names, const std::string &text) {
    if (std::find(names.begin(), names.end(), text) == names.end())
        refuse(option, joined(names), text);
    return text;
}

Net parse_net(const char *option, const std::string &text) {
    const auto net = Net::parse(text);
    if (!net)
        refuse(option, "an address or a net like 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32 (no bits behind the prefix)",
               text);
    return *net;
}

/// SHA-256 in base64 has 43 characters.
std::string parse_key(const std::string &text) {
    static constexpr std::string_view method = "SHA256:";
    constexpr std::size_t size = 43;
    std::string key = text.find(':') == text.npos ? std::string(method) + text : text;
    if (key.find_first_of(", ") != key.npos || (key.starts_with(method) && key.size() != method.size() + size))
        refuse("--key", "a fingerprint as 'ssh-keygen -l' prints it: SHA256: and 43 characters", text);
    return key;
}

/// `!` in front: not those.
template <class T, class Parse> Wanted<T> wanted(const std::vector<std::string> &values, const Parse &parse) {
    Wanted<T> out;
    for (const std::string &value : values) {
        const bool is_not = value.starts_with('!');
        (is_not ? out.none_of : out.any_of).push_back(parse(is_not ? value.substr(1) : value));
    }
    return out;
}

} // namespace

void SelectionOptions::declare(OptionList &options) {
    options.group("Selection (those that take a value more than once: any of them; !VALUE: not that)");
    options.value("-S,--since", "TIME", since_,
                  "Not before it: 2h, yesterday, 'monday 18:00', 2026-11-20, '2026-11-20 18:00', 2026-11-20T18:00:00Z");
    options.value("-U,--until", "TIME", until_, "Before it");
    options.values("--user", "NAME", users_, "Of this user; * and ? as in a shell");
    options.values("--from", "ADDRESS|NET", from_, "From this address, or one in this net");
    options.values("--to", "ADDRESS|NET", to_, "To this address of the host");
    options.values("--service", "NAME", services_, "Of this PAM service: sshd, su, login…; * and ? as in a shell");
    options.values("--event", "auth|open_session|close_session|unknown", events_, "Of this kind");
    options.values("--host", "NAME", hosts_, "Recorded by this host; * and ? as in a shell");
    options.values("--key", "FINGERPRINT", keys_, "Let in by this key, as ssh-keygen -l prints it: SHA256:…");
    options.values("--outcome", "attempt|success|failure", outcomes_, "failure: with the attempts that failed");
}

Selection SelectionOptions::read() const {
    const auto stored = [](const std::string &text) { return stored_form(text); };
    Selection selection;
    if (since_)
        selection.since_usec = parse_time_option("--since", *since_);
    if (until_)
        selection.until_usec = parse_time_option("--until", *until_);
    if (since_ && until_ && *selection.since_usec >= *selection.until_usec)
        throw UsageError("--since must be before --until");
    selection.users = wanted<std::string>(users_, stored);
    selection.services = wanted<std::string>(services_, stored);
    selection.hosts = wanted<std::string>(hosts_, stored);
    selection.from = wanted<Net>(from_, [](const std::string &text) { return parse_net("--from", text); });
    selection.to = wanted<Net>(to_, [](const std::string &text) { return parse_net("--to", text); });
    selection.keys = wanted<std::string>(keys_, parse_key);
    selection.events = wanted<std::string>(events_, [](const std::string &text) {
        return one_of("--event", {"auth", "open_session", "close_session", "unknown"}, text);
    });
    selection.outcomes = wanted<std::string>(outcomes_, [](const std::string &text) {
        return one_of("--outcome", {"attempt", "success", "failure"}, text);
    });
    return selection;
}

void refuse_kinds(const Selection &selection) {
    if (!selection.events.empty() || !selection.outcomes.empty())
        throw UsageError(
            "--event and --outcome are for single events, as 'iptracking events' lists them; a session has "
            "none of its own");
}

std::int64_t parse_time_option(const char *option, const std::string &text) {
    const auto time = parse_when(text, now_usec());
    if (time)
        return *time;
    const std::string why = why_no_time(text);
    refuse(option, "a time like " + std::string(accepted_times), text, why.empty() ? why : ": " + why);
}

IpAddress parse_address_option(const char *option, const std::string &text) {
    const auto address = IpAddress::parse(text);
    if (!address)
        refuse(option, "an address like 192.0.2.7 or 2001:db8::7", text);
    return *address;
}

std::string stored_form(const std::string &typed) {
    std::string stored;
    append_stored_text(stored, typed, TextForm::escaped);
    return stored;
}

} // namespace iptracking
