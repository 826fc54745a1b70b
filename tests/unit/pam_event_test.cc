// SPDX-License-Identifier: GPL-2.0-or-later
// Whom the callback believes.
#include "pam_callback/pam_event.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

using namespace iptracking;

namespace {

using Variables = std::vector<const char *>;

/// What pam_exec adds behind the PAM environment, in its order.
Variables pam_exec_made(Variables environment, const Variables &items) {
    environment.insert(environment.end(), items.begin(), items.end());
    return environment;
}

std::string line_of(Variables environment, bool remote_only = false) {
    environment.push_back(nullptr);
    LineBuffer line;
    const ExitStatus status = describe_pam_event(line, PamEnvironment(environment.data()), remote_only, false);
    return status == ExitStatus::stored ? std::string(line.data(), line.size())
                                        : "status " + std::to_string(static_cast<int>(status));
}

bool has(const std::string &line, const std::string &word) {
    return line.find(" " + word + " ") != line.npos || line.find(" " + word + "\n") != line.npos;
}

const Variables sshd = {"PAM_SERVICE=sshd", "PAM_USER=bob", "PAM_TTY=ssh", "PAM_RHOST=192.0.2.7",
                        "PAM_TYPE=close_session"};

TEST(PamEvent, TakesTheItemsOfPamNotThoseOfTheUsersEnvironment) {
    const std::string line = line_of(pam_exec_made(
        {"PAM_TYPE=account", "PAM_USER=root", "PAM_SERVICE=sudo", "PAM_RHOST=1.2.3.4", "PAM_TTY=x"}, sshd));
    EXPECT_TRUE(has(line, "event=close_session")) << line;
    EXPECT_TRUE(has(line, "user=bob")) << line;
    EXPECT_TRUE(has(line, "service=sshd")) << line;
    EXPECT_TRUE(has(line, "src=192.0.2.7")) << line;
    EXPECT_TRUE(has(line, "tty=ssh")) << line;
}

TEST(PamEvent, DoesNotTakeFromTheUsersEnvironmentWhatPamLeavesUnset) {
    const std::string line = line_of(pam_exec_made({"PAM_RUSER=root", "PAM_RHOST=1.2.3.4", "PAM_TTY=tty1"},
                                                   {"PAM_SERVICE=su", "PAM_USER=bob", "PAM_TYPE=open_session"}));
    EXPECT_EQ(line.find("ruser="), line.npos) << line;
    EXPECT_EQ(line.find("src="), line.npos) << line;
    EXPECT_EQ(line.find("tty="), line.npos) << line;
}

TEST(PamEvent, BelievesAConnectionThatAgreesWithTheRemoteHost) {
    const std::string line = line_of(pam_exec_made({"SSH_CONNECTION=::ffff:192.0.2.7 5000 198.51.100.5 22"}, sshd));
    EXPECT_TRUE(has(line, "sport=5000")) << line;
    EXPECT_TRUE(has(line, "dst=198.51.100.5")) << line;
}

TEST(PamEvent, DoesNotBelieveAConnectionFromElsewhere) {
    const std::string line = line_of(pam_exec_made({"SSH_CONNECTION=1.2.3.4 5000 198.51.100.5 22"}, sshd));
    EXPECT_TRUE(has(line, "src=192.0.2.7")) << line;
    EXPECT_EQ(line.find("sport="), line.npos) << line;
}

TEST(PamEvent, BelievesTheConnectionWhereTheRemoteHostIsAName) {
    const std::string line =
        line_of(pam_exec_made({"SSH_CONNECTION=192.0.2.9 5000 198.51.100.5 22"},
                              {"PAM_SERVICE=sshd", "PAM_USER=bob", "PAM_RHOST=client.example.org", "PAM_TYPE=auth"}));
    EXPECT_TRUE(has(line, "src=192.0.2.9")) << line;
    EXPECT_TRUE(has(line, "rhost=client.example.org")) << "what the user cannot have written: " << line;
}

TEST(PamEvent, DoesNotBelieveThatALocalServiceHasAConnection) {
    const std::string line = line_of(
        pam_exec_made({"SSH_CONNECTION=1.2.3.4 5000 198.51.100.5 22"},
                      {"PAM_SERVICE=su", "PAM_USER=root", "PAM_TTY=/dev/pts/0", "PAM_RUSER=bob", "PAM_TYPE=auth"}));
    EXPECT_EQ(line.find("src="), line.npos) << line;
    EXPECT_TRUE(has(line, "ruser=bob")) << line;
}

TEST(PamEvent, TakesTheLastOfAnEnvironmentMadeByHand) {
    const std::string line =
        line_of({"PAM_TYPE=auth", "PAM_USER=first", "PAM_USER=last", "SSH_CONNECTION=192.0.2.9 5000 198.51.100.5 22"});
    EXPECT_TRUE(has(line, "user=last")) << line;
    EXPECT_TRUE(has(line, "src=192.0.2.9")) << line;
}

std::string with_auth_info(const std::string &info, const char *type, const char *rhost = "PAM_RHOST=192.0.2.7") {
    const std::string variable = "SSH_AUTH_INFO_0=" + info, type_of_pam = std::string("PAM_TYPE=") + type;
    return line_of({variable.c_str(), "SSH_CONNECTION=192.0.2.7 5000 198.51.100.5 22", "PAM_SERVICE=sshd",
                    "PAM_USER=bob", "PAM_TTY=ssh", rhost, type_of_pam.c_str()});
}

TEST(PamEvent, TellsHowASessionWasOpened) {
    for (const char *type : {"open_session", "close_session"}) {
        const std::string line = with_auth_info("publickey ssh-ed25519 AAAA=\npassword\n", type);
        EXPECT_TRUE(line.ends_with(" auth_info=publickey\\x20ssh-ed25519\\x20AAAA\\x3d\\x0apassword\\x0a\n")) << line;
    }
}

TEST(PamEvent, TellsOnlyOfSessionsWhoseConnectionItBelievesHowTheyWereOpened) {
    EXPECT_EQ(with_auth_info("password\n", "auth").find("auth_info"), std::string::npos);
    EXPECT_EQ(with_auth_info("password\n", "account").find("auth_info"), std::string::npos);
    const std::string forged = with_auth_info("password\n", "open_session", "PAM_RHOST=192.0.2.8");
    EXPECT_EQ(forged.find("auth_info"), forged.npos) << forged;
}

TEST(PamEvent, FillsTheLineWithHowASessionWasOpened) {
    const std::string whole = with_auth_info(std::string(3600, 'A'), "open_session");
    EXPECT_TRUE(has(whole, "auth_info=" + std::string(3600, 'A'))) << whole;
    EXPECT_EQ(whole.find(" cut="), whole.npos);
    const std::string cut = with_auth_info(std::string(10000, 'A'), "open_session");
    EXPECT_TRUE(cut.ends_with("AAAA cut=auth_info\n")) << cut;
    EXPECT_LE(cut.size(), line::max_size);
    EXPECT_GT(cut.size(), line::max_size - 128);
}

TEST(PamEvent, DoesNotMistakeALongerNameForAnItem) {
    EXPECT_EQ(line_of({"PAM_TYPES=auth", "PAM_TYP=auth"}), "status 3");
}

TEST(PamEvent, LeavesLocalEventsOutWhereOnlyRemoteOnesAreWanted) {
    EXPECT_EQ(line_of({"PAM_SERVICE=su", "PAM_USER=root", "PAM_TYPE=auth"}, true), "status 4");
    EXPECT_TRUE(has(line_of(pam_exec_made({}, sshd), true), "src=192.0.2.7"));
}

} // namespace
