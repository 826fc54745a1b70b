// SPDX-License-Identifier: GPL-2.0-or-later
// What sshd was seen to write, and the events that it stands for.
#include "import/sshd_assembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace iptracking {
namespace {

constexpr std::int64_t begin = 1'700'000'000'000'000, second = 1'000'000;

/// "SECONDS PID MESSAGE"
struct Line {
    int seconds, pid;
    std::string message;
};

/// "SECONDS KIND USER PORT PID" of each event, in the order of time.
std::vector<std::string> events(const std::vector<Line> &lines) {
    std::vector<FoundEvent> found;
    SshdAssembly assembly(Origin::text, [&](FoundEvent &&event) { found.push_back(std::move(event)); });
    for (const Line &line : lines) {
        const auto message = read_sshd_message(line.message);
        EXPECT_TRUE(message) << line.message;
        assembly.take({begin + line.seconds * second, "srv-1", line.pid, message.value_or(SshdMessage{})});
    }
    assembly.finish();
    std::stable_sort(found.begin(), found.end(),
                     [](const auto &a, const auto &b) { return a.time_usec < b.time_usec; });
    std::vector<std::string> texts;
    for (const FoundEvent &event : found) {
        EXPECT_EQ(event.text(Text::host), "srv-1");
        EXPECT_EQ(event.text(Text::service), "sshd");
        EXPECT_EQ(event.origin, Origin::text);
        EXPECT_EQ(event.source, IpAddress::parse("192.0.2.7")) << lines.front().message;
        const char *const outcome = name_of(event.outcome);
        texts.push_back(std::to_string((event.time_usec - begin) / second) + " " +
                        (outcome ? outcome : name_of(event.kind)) + " " + event.text(Text::user).value_or("-") + " " +
                        std::to_string(event.source_port) + " " + std::to_string(event.pid));
    }
    return texts;
}

using Events = std::vector<std::string>;

const std::string pam_failure = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
                                "rhost=192.0.2.7";
const std::string by_alice = " alice from 192.0.2.7 port 1025 ssh2";
const std::string closed = "Connection closed by authenticating user alice 192.0.2.7 port 1025 [preauth]";

TEST(SshdAssembly, MakesASessionOfALoginByPassword) {
    EXPECT_EQ(events({{0, 7, "Accepted password for" + by_alice},
                      {0, 7, "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)"},
                      {1, 9, "Disconnected from user alice 192.0.2.7 port 1025"},
                      {1, 7, "pam_unix(sshd:session): session closed for user alice"}}),
              (Events{"0 success alice 1025 7", "0 open_session alice 1025 7", "1 close_session alice 1025 7"}));
}

TEST(SshdAssembly, KnowsASessionWhenItEndsDaysLater) {
    constexpr int days = 500'000;
    EXPECT_EQ(events({{0, 7, "Accepted password for" + by_alice},
                      {0, 7, "pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)"},
                      {days / 2, 8, "Failed password for root from 192.0.2.7 port 1026 ssh2"},
                      {days, 7, "pam_unix(sshd:session): session closed for user alice"}}),
              (Events{"0 success alice 1025 7", "0 open_session alice 1025 7", "250000 failure root 1026 8",
                      "500000 close_session alice 1025 7"}));
}

TEST(SshdAssembly, CountsWrongPasswordsOnceThoughPamTellsOfThemToo) {
    EXPECT_EQ(events({{0, 7, pam_failure + "  user=alice"},
                      {2, 7, "Failed password for" + by_alice},
                      {5, 7, "Failed password for" + by_alice},
                      {8, 7, "Failed password for" + by_alice},
                      {9, 7, closed},
                      {9, 7,
                       "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= "
                       "rhost=192.0.2.7  user=alice"}}),
              (Events{"2 failure alice 1025 7", "5 failure alice 1025 7", "8 failure alice 1025 7"}));
}

TEST(SshdAssembly, CountsWrongAnswersOfAConversationWhoseModulesHaveAProcessOfTheirOwn) {
    EXPECT_EQ(events({{0, 8, pam_failure + "  user=alice"},
                      {2, 7, "error: PAM: Authentication failure for alice from 192.0.2.7"},
                      {2, 9, pam_failure + "  user=alice"},
                      {4, 7, "error: PAM: Authentication failure for alice from 192.0.2.7"},
                      {4, 7, closed}}),
              (Events{"2 failure alice 1025 7", "4 failure alice 1025 7"}));
}

TEST(SshdAssembly, CountsAConversationOnceThatSshdTellsOfTwice) {
    EXPECT_EQ(events({{0, 7, "Invalid user bob from 192.0.2.7 port 1025"},
                      {0, 7, "Postponed keyboard-interactive for invalid user bob from 192.0.2.7 port 1025 ssh2"},
                      {0, 8, "pam_unix(sshd:auth): check pass; user unknown"},
                      {0, 8, pam_failure},
                      {2, 7, "error: PAM: Authentication failure for illegal user bob from 192.0.2.7"},
                      {2, 7, "Failed keyboard-interactive/pam for invalid user bob from 192.0.2.7 port 1025 ssh2"}}),
              (Events{"2 failure bob 1025 7"}));
}

TEST(SshdAssembly, HidesNoAttemptBehindThatOfAnotherConnection) {
    std::vector<Line> lines;
    for (int pid = 100; pid < 103; ++pid)
        lines.push_back({pid - 100, pid,
                         "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
                         "rhost=192.0.2.7  user=root"});
    EXPECT_EQ(events(lines).size(), 3u);
    lines.push_back({4, 200, "Failed password for root from 192.0.2.7 port 4000 ssh2"});
    EXPECT_EQ(events(lines).size(), 4u);
    lines.push_back({5, 201, "Failed keyboard-interactive/pam for invalid user x from 192.0.2.7 port 4001 ssh2"});
    EXPECT_EQ(events(lines).size(), 5u);
    lines.push_back({6, 202, "error: PAM: Authentication failure for root from 192.0.2.7"});
    lines.push_back({6, 202, "Failed keyboard-interactive/pam for root from 192.0.2.7 port 4002 ssh2"});
    EXPECT_EQ(events(lines).size(), 5u) << "one of the three is that of the last line";
}

TEST(SshdAssembly, AddsTheMethods) {
    EXPECT_EQ(events({{0, 7, "Failed publickey for alice from 192.0.2.7 port 1025 ssh2: RSA SHA256:abc"},
                      {1, 8, pam_failure + "  user=alice"},
                      {2, 7, "error: PAM: Authentication failure for alice from 192.0.2.7"},
                      {3, 7, "Failed password for" + by_alice},
                      {4, 7, "Accepted password for" + by_alice}}),
              (Events{"0 failure alice 1025 7", "2 failure alice 1025 7", "3 failure alice 1025 7",
                      "4 success alice 1025 7"}));
}

TEST(SshdAssembly, CountsWhatWasRepeated) {
    EXPECT_EQ(events({{0, 7, "Failed password for root from 192.0.2.7 port 1025 ssh2"},
                      {4, 7, "message repeated 2 times: [ Failed password for root from 192.0.2.7 port 1025 ssh2]"}}),
              (Events{"0 failure root 1025 7", "4 failure root 1025 7", "4 failure root 1025 7"}));
}

TEST(SshdAssembly, TakesForNoAttemptWhatIsNone) {
    EXPECT_EQ(events({{0, 7, "Invalid user bob from 192.0.2.7 port 1025"},
                      {0, 7, "Failed none for invalid user bob from 192.0.2.7 port 1025 ssh2"},
                      {1, 7, "Connection closed by invalid user bob 192.0.2.7 port 1025 [preauth]"},
                      {2, 8, "Connection from 192.0.2.7 port 1026 on 198.51.100.5 port 22"}}),
              Events{});
}

TEST(SshdAssembly, TakesAModuleThatSaidNoBeforeAnotherSaidYesForNoFailure) {
    EXPECT_EQ(events({{0, 7, pam_failure + "  user=alice"},
                      {0, 7,
                       "pam_sss(sshd:auth): authentication success; logname= uid=0 euid=0 tty=ssh ruser= "
                       "rhost=192.0.2.7 user=alice"},
                      {0, 7, "Accepted password for" + by_alice}}),
              (Events{"0 success alice 1025 7"}));
}

TEST(SshdAssembly, BelievesTheModulesWhereSshdSaysNothing) {
    EXPECT_EQ(events({{0, 7, pam_failure + "  user=alice"},
                      {9, 7,
                       "PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= "
                       "rhost=192.0.2.7  user=alice"}}),
              (Events{"0 failure alice 0 0", "9 failure alice 0 0"}));
}

TEST(SshdAssembly, CountsWhoWasAuthenticatedAndNotLetIn) {
    EXPECT_EQ(events({{0, 7, "Connection from 192.0.2.7 port 1025 on 198.51.100.5 port 22"},
                      {1, 7, "fatal: Access denied for user alice by PAM account configuration [preauth]"},
                      {9, 8, "ROOT LOGIN REFUSED FROM 192.0.2.7 port 1026"},
                      {9, 8, "Failed password for root from 192.0.2.7 port 1026 ssh2"}}),
              (Events{"1 failure alice 1025 7", "9 failure root 1026 8"}));
}

TEST(SshdAssembly, TellsConnectionsOfOneProcessNumberApart) {
    EXPECT_EQ(events({{0, 7, "Failed password for root from 192.0.2.7 port 1025 ssh2"},
                      {1, 7, "Failed password for alice from 192.0.2.7 port 1026 ssh2"},
                      {1000, 7, "error: PAM: Authentication failure for alice from 192.0.2.7"}}),
              (Events{"0 failure root 1025 7", "1 failure alice 1026 7", "1000 failure alice 0 7"}));
}

TEST(SshdAssembly, KeepsTheBytesOfNames) {
    EXPECT_EQ(
        events({{0, 7, "Failed password for invalid user a\\r\\033[2K\\\\\\377 from 192.0.2.7 port 1025 ssh2"},
                {1, 8, "Failed password for invalid user gr\\303\\274n from 192.0.2.7 port 1026 ssh2"},
                {2, 9, "Failed password for invalid user  from 192.0.2.7 port 1027 ssh2"}}),
        (Events{"0 failure a\\x0d\\x1b[2K\\x5c\\xff 1025 7", "1 failure grün 1026 8", "2 failure <<EMPTY>> 1027 9"}));
}

TEST(SshdAssembly, HasToldOfWhatIsOldEnough) {
    std::size_t count = 0;
    SshdAssembly assembly(Origin::text, [&](FoundEvent &&) { ++count; });
    for (int i = 0; i < 100; ++i) {
        const std::string line = "Failed password for root from 192.0.2.7 port " + std::to_string(1025 + i) + " ssh2";
        assembly.take({begin + i * 60 * second, "srv-1", 7 + i, *read_sshd_message(line)});
    }
    const auto untold = static_cast<std::size_t>((begin + 99 * 60 * second - assembly.told_until()) / (60 * second));
    EXPECT_GE(count, 100 - untold);
    EXPECT_LT(untold, 50u);
    assembly.finish();
    EXPECT_EQ(count, 100u);
}

} // namespace
} // namespace iptracking
