// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/nearest.h"
#include "client/output_options.h"
#include "client/selection_options.h"

#include "query/time_window.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <map>

namespace iptracking {
namespace {

/// Gives the options what a command line would.
class Given final : public OptionList {
public:
    using Values = std::vector<std::pair<std::string, std::string>>; ///< by long name
    explicit Given(Values values) : values_(std::move(values)) {}

    void group(const char *) override {}
    void flag(const char *names, bool &on, const std::string &) override {
        for (const auto &given : values_)
            on = on || is(given.first, names);
    }
    void value(const char *names, const char *, std::optional<std::string> &value, const std::string &) override {
        for (const auto &given : values_) {
            if (is(given.first, names))
                value = given.second;
        }
    }
    void values(const char *names, const char *, std::vector<std::string> &values, const std::string &) override {
        for (const auto &given : values_) {
            if (is(given.first, names))
                values.push_back(given.second);
        }
    }
    void word(const char *, std::optional<std::string> &, const std::string &) override {}
    void words(const char *, std::vector<std::string> &, const std::string &) override {}

private:
    static bool is(const std::string &name, std::string_view names) { return names.ends_with("--" + name); }
    Values values_;
};

Selection selected(Given::Values values) {
    Given given(std::move(values));
    SelectionOptions options;
    options.declare(given);
    return options.read();
}

OutputOptions output(Given::Values values) {
    Given given(std::move(values));
    OutputOptions options;
    options.declare(given);
    return options;
}

template <typename Work> std::string refusal_of(const Work &work) {
    try {
        work();
    } catch (const UsageError &error) {
        return error.what();
    }
    return "taken";
}

std::string refusal(const std::string &option, const std::string &value) {
    return refusal_of([&] { selected({{option, value}}); });
}

TEST(SelectionOptions, TakeMoreThanOneValueAndNotThose) {
    const Selection selection = selected({{"user", "alice"}, {"user", "!bob"}, {"user", "c*"}, {"event", "!auth"}});
    EXPECT_EQ(selection.users.any_of, (std::vector<std::string>{"alice", "c*"}));
    EXPECT_EQ(selection.users.none_of, std::vector<std::string>{"bob"});
    EXPECT_EQ(selection.events.none_of, std::vector<std::string>{"auth"});
    EXPECT_TRUE(selection.services.empty());
    EXPECT_TRUE(selected({}).is_whole());
}

TEST(SelectionOptions, LookForUsersAsTheyAreStored) {
    EXPECT_EQ(selected({{"user", "jörg"}}).users.any_of[0], "jörg");
    EXPECT_EQ(selected({{"user", "\x1b[2J"}}).users.any_of[0], "\\x1b[2J");
    EXPECT_EQ(selected({{"user", "\\x1b[2J"}}).users.any_of[0], "\\x1b[2J");
    EXPECT_EQ(selected({{"user", "DOMAIN\\alice"}}).users.any_of[0], "DOMAIN\\x5calice");
    EXPECT_EQ(selected({{"user", ""}}).users.any_of[0], "");
}

TEST(SelectionOptions, TakeAddressesAndNets) {
    const Selection selection = selected({{"from", "192.0.2.0/24"}, {"from", "!2001:db8::7"}, {"to", "192.0.2.1"}});
    EXPECT_EQ(selection.from.any_of[0].to_string(), "192.0.2.0/24");
    EXPECT_EQ(selection.from.none_of[0].to_string(), "2001:db8::7");
    EXPECT_EQ(selection.to.any_of[0].to_string(), "192.0.2.1");
}

TEST(SelectionOptions, NameWhatIsAccepted) {
    EXPECT_EQ(refusal("event", "login"), "--event needs auth, open_session, close_session or unknown, not 'login'");
    EXPECT_EQ(refusal("event", "!login"), "--event needs auth, open_session, close_session or unknown, not 'login'");
    EXPECT_EQ(refusal("outcome", "\x1b"), "--outcome needs attempt, success or failure, not '\\x1b'");
    EXPECT_EQ(refusal("from", "192.0.2.7/24"), "--from needs an address or a net like 192.0.2.7, 192.0.2.0/24 or "
                                               "2001:db8::/32 (no bits behind the prefix), not '192.0.2.7/24'");
    EXPECT_EQ(refusal("since", "bogus"), "--since needs a time like " + std::string(accepted_times) + ", not 'bogus'");
    EXPECT_EQ(refusal("until", "2026-02-31").substr(0, 26), "--until needs a time like ");
}

TEST(SelectionOptions, BeginBeforeTheyEnd) {
    const Selection selection = selected({{"since", "@10"}, {"until", "@20"}});
    EXPECT_EQ(selection.since_usec, 10'000'000);
    EXPECT_EQ(selection.until_usec, 20'000'000);
    EXPECT_EQ(refusal_of([] { selected({{"since", "@20"}, {"until", "@20"}}); }), "--since must be before --until");
}

TEST(OutputOptions, NameWhatIsAccepted) {
    EXPECT_EQ(output({{"output", "short"}}).style().format, Format::brief);
    EXPECT_EQ(refusal_of([] {
                  output({{"output", "xml"}}).style();
              }),
              "--output needs table, json, json-lines, csv or short, not 'xml'");
    EXPECT_EQ(refusal_of([] { output({{"color", "yes"}}).style(); }), "--color needs auto, always or never, not 'yes'");
    for (const char *text : {"0", "-1", "1x", "", "99999999999999999999"})
        EXPECT_EQ(refusal_of([&] {
                      output({{"lines", text}}).lines(10);
                  }),
                  "--lines needs a number from 1 on, or 'all', not '" + std::string(text) + "'");
}

TEST(OutputOptions, CountLines) {
    EXPECT_EQ(output({}).lines(10), 10);
    EXPECT_EQ(output({{"lines", "3"}}).lines(10), 3);
    EXPECT_EQ(output({{"lines", "all"}}).lines(10), std::nullopt);
}

TEST(Nearest, FindsWhatWasMeant) {
    const std::vector<std::string> verbs = {"events", "last", "sessions", "top", "users", "address"};
    EXPECT_EQ(nearest("evnts", verbs), "events");
    EXPECT_EQ(nearest("adress", verbs), "address");
    EXPECT_EQ(nearest("sess", verbs), "sessions");
    EXPECT_EQ(nearest("user", verbs), "users");
    EXPECT_EQ(nearest("bogus", verbs), "");
    EXPECT_EQ(nearest("", verbs), "");
    EXPECT_EQ(nearest(std::string(100'000, 'x'), verbs), "");
    EXPECT_EQ(nearest("--sinse=2h", {"--since", "--until"}), "--since");
}

} // namespace
} // namespace iptracking
