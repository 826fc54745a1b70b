// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/event_line.h"
#include "event/stored_text.h"
#include "fuzz.h"
#include "pam_callback/pam_event.h"
#include "stored_text_rules.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace iptracking;
using fuzz::must;

namespace {

constexpr const char *types[] = {"auth", "account", "open_session", "close_session"};
/// In the order of pam_exec(8); behind them comes PAM_TYPE.
constexpr const char *items[] = {"PAM_SERVICE", "PAM_USER", "PAM_TTY", "PAM_RHOST", "PAM_RUSER"};

/// An environment as pam_exec makes it: first what a user may have written, then the items.
class Environment {
public:
    /// Each part of `values` up to a NUL is a value: of SSH_CONNECTION, then of the items; those that are left have
    /// none.
    Environment(const char *type, bool with_user_variables, std::string_view values) {
        if (with_user_variables)
            for (const char *const name : items)
                variables_.push_back(std::string(name) + "=iptracking/1");
        if (const auto value = next(values))
            variables_.push_back("SSH_CONNECTION=" + *value);
        for (const char *const name : items) {
            // Service and user are always there.
            auto value = next(values);
            if (!value && (name == items[0] || name == items[1]))
                value = "";
            if (value)
                variables_.push_back(name + ("=" + *value));
            values_[name] = value;
        }
        variables_.push_back(std::string("PAM_TYPE=") + type);
        for (const std::string &variable : variables_)
            pointers_.push_back(variable.c_str());
        pointers_.push_back(nullptr);
    }

    const char *const *get() const { return pointers_.data(); }
    const std::optional<std::string> &value(const char *name) const { return values_.at(name); }

private:
    static std::optional<std::string> next(std::string_view &values) {
        if (values.data() == nullptr)
            return std::nullopt;
        const std::size_t end = values.find('\0');
        std::string value(values.substr(0, end));
        values = end == values.npos ? std::string_view{} : values.substr(end + 1);
        return value;
    }

    std::vector<std::string> variables_;
    std::vector<const char *> pointers_;
    std::map<std::string, std::optional<std::string>> values_;
};

std::string stored(std::string_view line, const Event &event, Text which) {
    const TextPlace place = event.text(which);
    std::string text;
    append_stored_text(text, line.substr(place.offset, place.size), TextForm::escaped);
    return text;
}

} // namespace

/// The first byte says of which kind the event is, and whether a user has written variables of PAM's names.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 1)
        return 0;
    const Environment environment(types[data[0] % 4], data[0] & 4, fuzz::text_of(data + 1, size - 1));

    LineBuffer buffer;
    must(describe_pam_event(buffer, PamEnvironment(environment.get()), false) == ExitStatus::stored,
         "there is an event");
    const std::string_view sent(buffer.data(), buffer.size());
    must(!sent.empty() && sent.size() <= line::max_size, "a line is no longer than a pipe writes whole");
    must(sent.find('\n') == sent.size() - 1, "it is one line");
    const std::string_view line = sent.substr(0, sent.size() - 1);
    must(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }), "it is printable ASCII");

    const ParsedLine parsed = parse_event_line(line);
    must(parsed.event && parsed.garbage == 0, "the daemon reads it");
    const Event &event = *parsed.event;
    must(event.time_usec != no_time && event.pid > 0, "time and process are known");
    must((event.kind == EventKind::auth) == (data[0] % 4 < 2), "the kind is that of PAM");

    const std::string &user = *environment.value("PAM_USER");
    must(event.text(Text::user).offset != 0, "there is a user");
    must(test::undo(stored(line, event, Text::user)) == user.substr(0, line::max_text),
         "the user is what was typed, up to its limit");
    must(((event.flags & flag::cut_user) != 0) == (user.size() > line::max_text), "it is told where a user was cut");
    must(((event.flags & flag::empty_user) != 0) == user.empty(), "it is told where a user is empty");
    for (const auto &[name, which] : {std::pair{"PAM_SERVICE", Text::service}, std::pair{"PAM_TTY", Text::tty},
                                      std::pair{"PAM_RUSER", Text::ruser}, std::pair{"PAM_RHOST", Text::rhost}}) {
        if (event.text(which).offset == 0)
            continue;
        const std::optional<std::string> &value = environment.value(name);
        must(value && !value->empty(), "no text comes from nowhere");
        must(value->starts_with(test::undo(stored(line, event, which))), "a text is what PAM said");
    }
    return 0;
}
