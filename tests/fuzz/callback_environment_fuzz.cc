// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/event_line.h"
#include "event/stored_text.h"
#include "fuzz.h"
#include "pam_callback/pam_event.h"
#include "stored_text_rules.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace iptracking;
using fuzz::must;

namespace {

constexpr const char *types[] = {"auth", "account", "open_session", "close_session"};
/// In the order of pam_exec(8); behind them comes PAM_TYPE.
constexpr const char *items[] = {"PAM_SERVICE", "PAM_USER", "PAM_TTY", "PAM_RHOST", "PAM_RUSER"};

/// The first byte of the input.
struct How {
    explicit How(unsigned bits)
        : type(types[bits % 4]), user_variables(bits & 4), remote_only(bits & 8), other_type(bits & 16),
          by_hand(bits & 32), users_own(bits & 64), traffic(bits & 128) {}
    const char *type;
    bool user_variables; ///< a user has written variables of PAM's names
    bool remote_only;
    bool other_type; ///< a change of a password; by hand: PAM_TYPE is not set
    bool by_hand;    ///< not as pam_exec makes it
    bool users_own;  ///< the first four values are variables of a user
    bool traffic;    ///< the kernel is asked for the connection
};

/// An environment as pam_exec makes it: first what a user may have written, then the items.
class Environment {
public:
    /// Each part of `values` up to a NUL is a value: of SSH_CONNECTION, then of the items, then of SSH_AUTH_INFO_0;
    /// those that are left have none.
    Environment(const How &how, std::string_view values) {
        for (int i = 0; how.users_own && i < 4; ++i)
            if (const auto variable = next(values))
                variables_.push_back(*variable);
        if (how.user_variables)
            for (const char *const name : items)
                variables_.push_back(std::string(name) + "=iptracking/1");
        if (const auto value = next(values))
            variables_.push_back("SSH_CONNECTION=" + *value);
        if (how.by_hand && !how.other_type)
            variables_.push_back(std::string("PAM_TYPE=") + how.type);
        first_item_ = how.by_hand ? 0 : variables_.size();
        for (const char *const name : items) {
            // Service and user are always there.
            auto value = next(values);
            if (!value && (name == items[0] || name == items[1]))
                value = "";
            if (value)
                variables_.push_back(name + ("=" + *value));
        }
        if (const auto value = next(values)) {
            variables_.insert(variables_.begin() + static_cast<std::ptrdiff_t>(first_item_),
                              "SSH_AUTH_INFO_0=" + *value);
            first_item_ += how.by_hand ? 0 : 1;
        }
        if (!how.by_hand)
            variables_.push_back(std::string("PAM_TYPE=") + (how.other_type ? "password" : how.type));
        for (const std::string &variable : variables_)
            pointers_.push_back(variable.c_str());
        pointers_.push_back(nullptr);
    }

    const char *const *get() const { return pointers_.data(); }
    /// What PAM said; by hand, the last one holds.
    std::optional<std::string> value(const std::string &name) const {
        std::optional<std::string> last;
        for (std::size_t i = first_item_; i < variables_.size(); ++i)
            if (variables_[i].starts_with(name + "="))
                last = variables_[i].substr(name.size() + 1);
        return last;
    }
    /// Of the whole environment.
    std::string auth_info() const {
        std::string last;
        for (const std::string &variable : variables_)
            if (variable.starts_with("SSH_AUTH_INFO_0="))
                last = variable.substr(16);
        return last;
    }
    std::string value_or_empty(const char *name) const { return value(name).value_or(""); }

private:
    static std::optional<std::string> next(std::string_view &values) {
        if (values.data() == nullptr)
            return std::nullopt;
        const std::size_t end = values.find('\0');
        std::string value(values.substr(0, end));
        values = end == values.npos ? std::string_view{} : values.substr(end + 1);
        return value;
    }

    std::size_t first_item_ = 0;
    std::vector<std::string> variables_;
    std::vector<const char *> pointers_;
};

std::string stored(std::string_view line, const Event &event, Text which) {
    const TextPlace place = event.text(which);
    std::string text;
    append_stored_text(text, line.substr(place.offset, place.size), TextForm::escaped);
    return text;
}

/// No event is reason enough.
void check_no_event(ExitStatus status, const How &how, const Environment &environment) {
    if (status == ExitStatus::not_from_pam) {
        must(!environment.value("PAM_TYPE"), "an event has a type");
        return;
    }
    must(status == ExitStatus::ignored, "there is no other status");
    const std::string type = environment.value_or_empty("PAM_TYPE");
    must(std::find(std::begin(types), std::end(types), type) == std::end(types) ||
             (how.remote_only && environment.value_or_empty("PAM_RHOST").empty()),
         "only what is no login, or not wanted, is left out");
}

/// Where the event comes from is what PAM said, whatever else a user has written.
void check_source(const Event &event, const Environment &environment) {
    const std::string rhost = environment.value_or_empty("PAM_RHOST"), tty = environment.value_or_empty("PAM_TTY");
    if (!rhost.empty()) {
        const auto address = IpAddress::parse(rhost);
        must(!address || event.source == *address, "the source is that of PAM");
    } else if (!environment.value_or_empty("PAM_RUSER").empty() || (!tty.empty() && tty != "ssh")) {
        must(event.source.is_absent() && event.destination.is_absent(), "a local service has no source");
    }
}

/// How a session was opened is the last of the texts, and fills the line.
void check_auth_info(std::string_view line, const std::string &type, const Environment &environment) {
    const std::size_t at = line.rfind(" auth_info=");
    if (at == line.npos)
        return;
    must(type == types[2] || type == types[3], "only a session was opened");
    const std::string_view value = line.substr(at + 11, line.find(' ', at + 1) - at - 11);
    const std::string said = environment.auth_info();
    const std::string told = test::undo(std::string(value));
    const bool is_cut = line.substr(at).find(" cut=") != line.npos && line.ends_with("auth_info");
    must(is_cut ? said.starts_with(told) : said == told, "it is what sshd said");
    must(said == told || line.size() > line::max_size - 140, "it is cut only where there is no room");
}

} // namespace

/// The first byte says how the environment is made.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 1)
        return 0;
    const How how(data[0]);
    const Environment environment(how, fuzz::text_of(data + 1, size - 1));

    LineBuffer buffer;
    const ExitStatus status =
        describe_pam_event(buffer, PamEnvironment(environment.get()), how.remote_only, how.traffic);
    if (status != ExitStatus::stored) {
        check_no_event(status, how, environment);
        return 0;
    }
    const std::string_view sent(buffer.data(), buffer.size());
    must(!sent.empty() && sent.size() <= line::max_size, "a line is no longer than a pipe writes whole");
    must(sent.find('\n') == sent.size() - 1, "it is one line");
    const std::string_view line = sent.substr(0, sent.size() - 1);
    must(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }), "it is printable ASCII");

    const ParsedLine parsed = parse_event_line(line);
    must(parsed.event && parsed.garbage == 0, "the daemon reads it");
    const Event &event = *parsed.event;
    must(event.time_usec != no_time && event.pid > 0, "time and process are known");
    const std::string type = environment.value_or_empty("PAM_TYPE");
    must((event.kind == EventKind::auth) == (type == types[0] || type == types[1]), "the kind is that of PAM");
    if (!how.by_hand)
        check_source(event, environment);

    const std::string user = environment.value_or_empty("PAM_USER");
    must(event.text(Text::user).offset != 0, "there is a user");
    must(test::undo(stored(line, event, Text::user)) == user.substr(0, line::max_text),
         "the user is what was typed, up to its limit");
    must(((event.flags & flag::cut_user) != 0) == (user.size() > line::max_text), "it is told where a user was cut");
    must(((event.flags & flag::empty_user) != 0) == user.empty(), "it is told where a user is empty");
    check_auth_info(line, type, environment);
    for (const auto &[name, which] : {std::pair{"PAM_SERVICE", Text::service}, std::pair{"PAM_TTY", Text::tty},
                                      std::pair{"PAM_RUSER", Text::ruser}, std::pair{"PAM_RHOST", Text::rhost}}) {
        if (event.text(which).offset == 0)
            continue;
        const std::optional<std::string> value = environment.value(name);
        must(value && !value->empty(), "no text comes from nowhere");
        must(value->starts_with(test::undo(stored(line, event, which))), "a text is what PAM said");
    }
    return 0;
}
