// SPDX-License-Identifier: GPL-2.0-or-later
// A line of each form that sshd has had from 5.3 to 10, and names that look like lines.
#include "import/sshd_message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace iptracking {
namespace {

using What = SshdMessage::What;
using namespace std::string_literals;

SshdMessage read(std::string_view text) {
    const auto message = read_sshd_message(text);
    EXPECT_TRUE(message) << text;
    return message.value_or(SshdMessage{});
}

/// "USER ADDR:PORT", "-" for what is not said.
std::string who(const SshdMessage &message) {
    const std::string user = message.user.data() ? "'" + sshd_text(message.user) + "'" : "-";
    const std::string source = !message.source.is_absent() ? message.source.to_string()
                               : message.rhost.empty()     ? "-"
                                                           : std::string(message.rhost);
    return user + " " + source + " " + std::to_string(message.source_port);
}

struct Example {
    std::string text;
    What what;
    std::string who;
    std::string method = "";
    int count = 1;
};

void PrintTo(const Example &example, std::ostream *out) {
    *out << example.text;
}

class SshdMessageForm : public testing::TestWithParam<Example> {};

TEST_P(SshdMessageForm, IsRead) {
    const SshdMessage message = read(GetParam().text);
    EXPECT_EQ(message.what, GetParam().what);
    EXPECT_EQ(who(message), GetParam().who);
    EXPECT_EQ(message.method, GetParam().method);
    EXPECT_EQ(message.count, GetParam().count);
}

const std::string failure = "authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=";

INSTANTIATE_TEST_SUITE_P(
    Results, SshdMessageForm,
    testing::Values(
        Example{"Accepted password for alice from 192.0.2.7 port 51234 ssh2", What::accepted, "'alice' 192.0.2.7 51234",
                "password"},
        Example{"Failed password for alice from 2001:db8::7 port 51234 ssh2", What::failed, "'alice' 2001:db8::7 51234",
                "password"},
        Example{"Failed password for invalid user bob from 192.0.2.7 port 51234 ssh2", What::failed,
                "'bob' 192.0.2.7 51234", "password"},
        Example{"Failed password for illegal user bob from ::ffff:192.0.2.7 port 51234 ssh2", What::failed,
                "'bob' 192.0.2.7 51234", "password"},
        Example{"Failed password for invalid user  from 192.0.2.7 port 51234 ssh2", What::failed, "'' 192.0.2.7 51234",
                "password"},
        Example{"Failed password for  from 192.0.2.7 port 51234 ssh2 [preauth]", What::failed, "'' 192.0.2.7 51234",
                "password"},
        Example{"Failed password for root from UNKNOWN port 65535 ssh2", What::failed, "'root' - 65535", "password"},
        Example{"Accepted keyboard-interactive/pam for alice from 192.0.2.7 port 1 ssh2", What::accepted,
                "'alice' 192.0.2.7 1", "keyboard-interactive/pam"},
        Example{"Accepted publickey for alice from 192.0.2.7 port 1 ssh2", What::accepted, "'alice' 192.0.2.7 1",
                "publickey"},
        Example{"Accepted publickey for alice from 192.0.2.7 port 1 ssh2: RSA aa:bb:cc", What::accepted,
                "'alice' 192.0.2.7 1", "publickey"},
        Example{"Accepted publickey for alice from 192.0.2.7 port 1 ssh2: ED25519 SHA256:abc", What::accepted,
                "'alice' 192.0.2.7 1", "publickey"},
        Example{"Accepted publickey for alice from 192.0.2.7 port 1 ssh2: ED25519-CERT SHA256:abc ID alice's key "
                "(serial 7) CA RSA SHA256:def",
                What::accepted, "'alice' 192.0.2.7 1", "publickey"},
        Example{"Accepted publickey for alice from 192.0.2.7 port 1 ssh2: RSA-CERT ID key (serial 7) CA RSA aa:bb",
                What::accepted, "'alice' 192.0.2.7 1", "publickey"},
        Example{"Failed hostbased for alice from 192.0.2.7 port 1 ssh2: RSA SHA256:abc, client user \"alice\", client "
                "host \"client.example\"",
                What::failed, "'alice' 192.0.2.7 1", "hostbased"},
        // The end of what the client says of its host is no key.
        Example{"Failed hostbased for alice from 192.0.2.7 port 1 ssh2: RSA SHA256:abc, client user \"alice\", client "
                "host \"x from 203.0.113.9 port 9 ssh2: RSA y\"",
                What::failed, "'alice' 192.0.2.7 1", "hostbased"},
        Example{"Accepted gssapi-with-mic for alice from 192.0.2.7 port 1 ssh2: alice@EXAMPLE.ORG", What::accepted,
                "'alice' 192.0.2.7 1", "gssapi-with-mic"},
        Example{"message repeated 5 times: [ Failed password for root from 192.0.2.7 port 51234 ssh2]", What::failed,
                "'root' 192.0.2.7 51234", "password", 5},
        Example{"Postponed keyboard-interactive for invalid user bob from 192.0.2.7 port 1 ssh2 [preauth]",
                What::nothing, "- - 0"},
        Example{"Partial publickey for alice from 192.0.2.7 port 1 ssh2: RSA SHA256:abc", What::nothing, "- - 0"},
        Example{"Accepted key ED25519 SHA256:abc found at /home/alice/.ssh/authorized_keys:1", What::nothing, "- - 0"},
        Example{"Failed none for invalid user bob from 192.0.2.7 port 1 ssh2", What::nothing, "'bob' 192.0.2.7 1",
                "none"}));

INSTANTIATE_TEST_SUITE_P(
    OtherMessagesOfSshd, SshdMessageForm,
    testing::Values(
        Example{"Invalid user bob from 192.0.2.7", What::invalid_user, "'bob' 192.0.2.7 0"},
        Example{"Invalid user bob from 192.0.2.7 port 51234", What::invalid_user, "'bob' 192.0.2.7 51234"},
        Example{"Invalid user  from 192.0.2.7 port 51234", What::invalid_user, "'' 192.0.2.7 51234"},
        Example{"input_userauth_request: invalid user bob [preauth]", What::invalid_user, "'bob' - 0"},
        Example{"User alice from 192.0.2.7 not allowed because not listed in AllowUsers", What::nothing,
                "'alice' 192.0.2.7 0"},
        Example{"User alice not allowed because account is locked", What::nothing, "'alice' - 0"},
        Example{"ROOT LOGIN REFUSED FROM 192.0.2.7", What::root_refused, "'root' 192.0.2.7 0"},
        Example{"ROOT LOGIN REFUSED FROM 192.0.2.7 port 51234 [preauth]", What::root_refused, "'root' 192.0.2.7 51234"},
        Example{"error: maximum authentication attempts exceeded for invalid user bob from 192.0.2.7 port 1 ssh2 "
                "[preauth]",
                What::nothing, "- - 0"},
        Example{"error: PAM: Authentication failure for alice from 192.0.2.7", What::pam_error, "'alice' 192.0.2.7 0"},
        Example{"error: PAM: User not known to the underlying authentication module for illegal user bob from "
                "client.example",
                What::pam_error, "'bob' client.example 0"},
        Example{"error: PAM: Have exhausted maximum number of retries for service for alice from 192.0.2.7",
                What::pam_error, "'alice' 192.0.2.7 0"},
        Example{"fatal: Access denied for user alice by PAM account configuration [preauth]", What::denied,
                "'alice' - 0"},
        Example{"Connection closed by 192.0.2.7", What::ended, "- - 0"},
        Example{"Connection closed by 192.0.2.7 port 51234 [preauth]", What::ended, "- 192.0.2.7 51234"},
        Example{"Connection closed by authenticating user alice 192.0.2.7 port 51234 [preauth]", What::ended,
                "- 192.0.2.7 51234"},
        Example{"Connection reset by invalid user bob 192.0.2.7 port 51234 [preauth]", What::ended,
                "- 192.0.2.7 51234"},
        Example{"Disconnected from user alice 192.0.2.7 port 51234", What::ended, "- 192.0.2.7 51234"},
        Example{"Disconnected from 192.0.2.7 port 51234 [postauth]", What::ended, "- 192.0.2.7 51234"},
        Example{"Disconnecting invalid user bob 192.0.2.7 port 51234: Too many authentication failures [preauth]",
                What::nothing, "- - 0"},
        Example{"Disconnecting: Too many authentication failures for root [preauth]", What::nothing, "- - 0"},
        Example{"Received disconnect from 192.0.2.7: 11: Bye Bye [preauth]", What::nothing, "- - 0"},
        Example{"Received disconnect from 192.0.2.7 port 51234:11: disconnected by user", What::nothing, "- - 0"},
        Example{"Did not receive identification string from 192.0.2.7", What::nothing, "- - 0"},
        Example{"error: kex_exchange_identification: Connection closed by remote host", What::nothing, "- - 0"},
        Example{"banner exchange: Connection from 192.0.2.7 port 51234: invalid format", What::nothing, "- - 0"},
        Example{"Unable to negotiate with 192.0.2.7 port 51234: no matching key exchange method found. Their offer: "
                "diffie-hellman-group1-sha1 [preauth]",
                What::nothing, "- - 0"},
        Example{"fatal: Timeout before authentication for 192.0.2.7 port 51234", What::nothing, "- - 0"},
        Example{"Timeout before authentication for connection from 192.0.2.7 to 198.51.100.5, pid = 42", What::nothing,
                "- - 0"},
        Example{"drop connection #10 from [192.0.2.7]:51234 on [198.51.100.5]:22 past MaxStartups", What::nothing,
                "- - 0"},
        Example{"drop connection #0 from [192.0.2.7]:51234 on [198.51.100.5]:22 penalty: failed authentication",
                What::nothing, "- - 0"},
        Example{"Server listening on 0.0.0.0 port 22.", What::nothing, "- - 0"},
        Example{"Starting session: shell on pts/1 for alice from 192.0.2.7 port 51234 id 0", What::started,
                "'alice' 192.0.2.7 51234"},
        Example{"Starting session: command for alice from 192.0.2.7 port 51234", What::started,
                "'alice' 192.0.2.7 51234"}));

INSTANTIATE_TEST_SUITE_P(
    MessagesOfPamModules, SshdMessageForm,
    testing::Values(
        Example{"pam_unix(sshd:auth): " + failure + "192.0.2.7  user=alice", What::pam_failure, "'alice' 192.0.2.7 0",
                "pam_unix"},
        Example{"pam_unix(sshd:auth): " + failure + "192.0.2.7 ", What::pam_failure, "- 192.0.2.7 0", "pam_unix"},
        Example{"pam_unix_ng(sshd:auth): " + failure + "client.example  user=alice", What::pam_failure,
                "'alice' client.example 0", "pam_unix_ng"},
        Example{"pam_sss(sshd:auth): " + failure + "192.0.2.7 user=alice", What::pam_failure, "'alice' 192.0.2.7 0",
                "pam_sss"},
        Example{"pam_sss(sshd:auth): authentication success; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7 "
                "user=alice",
                What::pam_success, "'alice' 192.0.2.7 0", "pam_sss"},
        Example{"PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=alice",
                What::pam_failure, "'alice' 192.0.2.7 0", "pam_unix", 2},
        Example{"PAM 1 more authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7",
                What::pam_failure, "- 192.0.2.7 0", "pam_unix"},
        Example{"PAM service(sshd) ignoring max retries; 6 > 3", What::nothing, "- - 0"},
        Example{"pam_unix(sshd:auth): check pass; user unknown", What::nothing, "- - 0", "pam_unix"},
        Example{"pam_env(sshd:session): deprecated reading of user environment enabled", What::nothing, "- - 0",
                "pam_env"},
        Example{"pam_unix(sshd:session): session opened for user alice by (uid=0)", What::opened, "'alice' - 0",
                "pam_unix"},
        Example{"pam_unix(sshd:session): session opened for user alice(uid=1000) by root(uid=0)", What::opened,
                "'alice' - 0", "pam_unix"},
        Example{"pam_unix(sshd:session): session closed for user alice", What::closed, "'alice' - 0", "pam_unix"}));

INSTANTIATE_TEST_SUITE_P(
    NamesThatLookLikeLines, SshdMessageForm,
    testing::Values(
        Example{"Invalid user x from 1.2.3.4 port 5 ssh2 from 192.0.2.7 port 51234", What::invalid_user,
                "'x from 1.2.3.4 port 5 ssh2' 192.0.2.7 51234"},
        Example{"Invalid user x from 1.2.3.4 port 5 from 192.0.2.7", What::invalid_user,
                "'x from 1.2.3.4 port 5' 192.0.2.7 0"},
        Example{"Failed password for invalid user x from 1.2.3.4 port 5 ssh2 from 192.0.2.7 port 51234 ssh2",
                What::failed, "'x from 1.2.3.4 port 5 ssh2' 192.0.2.7 51234", "password"},
        Example{"Failed publickey for invalid user x from 1.2.3.4 port 5 ssh2: RSA SHA256:a from 192.0.2.7 port 51234 "
                "ssh2: RSA SHA256:abc",
                What::failed, "'x from 1.2.3.4 port 5 ssh2: RSA SHA256:a' 192.0.2.7 51234", "publickey"},
        Example{"Failed password for invalid user root from 1.2.3.4 port 5 ssh2 [preauth] from 192.0.2.7 port 51234 "
                "ssh2",
                What::failed, "'root from 1.2.3.4 port 5 ssh2 [preauth]' 192.0.2.7 51234", "password"},
        Example{"error: PAM: Authentication failure for illegal user x from 1.2.3.4 from 192.0.2.7", What::pam_error,
                "'x from 1.2.3.4' 192.0.2.7 0"},
        Example{"Connection closed by invalid user x 1.2.3.4 port 5 192.0.2.7 port 51234 [preauth]", What::ended,
                "- 192.0.2.7 51234"},
        Example{"input_userauth_request: invalid user x [preauth] [preauth]", What::invalid_user, "'x [preauth]' - 0"},
        Example{"Invalid user a\\r\\033[2Kb\\\\ from 192.0.2.7 port 51234", What::invalid_user,
                "'a\r\033[2Kb\\' 192.0.2.7 51234"}));

TEST(SshdMessage, LeavesOpenWhoItWasWhereACertificateCanBeReadInTwoWays) {
    const std::string line = "Failed publickey for alice from 192.0.2.7 port 1 ssh2: RSA-CERT SHA256:a ID x from "
                             "1.2.3.4 port 5 ssh2: RSA-CERT SHA256:b ID y (serial 0) CA RSA SHA256:c";
    const SshdMessage message = read(line);
    EXPECT_EQ(message.what, What::failed);
    EXPECT_EQ(who(message), "- - 0");
}

TEST(SshdMessage, ReadsTheEndsOfAConnection) {
    for (const char *end : {"", " rdomain \"\"", " rdomain \"blue\""}) {
        const SshdMessage message = read("Connection from 192.0.2.7 port 51234 on 198.51.100.5 port 22"s + end);
        EXPECT_EQ(message.what, What::connection);
        EXPECT_EQ(who(message), "- 192.0.2.7 51234");
        EXPECT_EQ(message.destination, IpAddress::parse("198.51.100.5"));
        EXPECT_EQ(message.destination_port, 22);
    }
    EXPECT_TRUE(read("Connection from 192.0.2.7 port 51234").destination.is_absent());
}

TEST(SshdMessage, ReadsTheChildAndTheTerminalOfASession) {
    EXPECT_EQ(read("User child is on pid 4242").child, 4242);
    EXPECT_EQ(read("Starting session: shell on pts/1 for alice from 192.0.2.7 port 1 id 0").tty, "pts/1");
    EXPECT_EQ(read("Starting session: subsystem 'sftp' for alice from 192.0.2.7 port 1 id 0").tty, "");
}

TEST(SshdMessage, DoesNotKnowTheRest) {
    for (const char *text : {
             "",
             " ",
             "[preauth]",
             "error: ",
             "Failed password for alice",
             "Failed password for alice from 192.0.2.7 port 51234",
             "Failed password for alice from 192.0.2.7 port x ssh2",
             "Failed password for alice from 192.0.2 port 1 ssh2",
             "Failed password for alice from 192.0.2.7 port 99999 ssh2",
             "Accepted password for",
             "Invalid user bob",
             "Invalid user from 192.0.2.7",
             "something else",
             "User alice",
             "PAM: Authentication failure",
             "User child is on pid x",
             "User child is on pid -1",
         })
        EXPECT_FALSE(read_sshd_message(text)) << text;
}

TEST(SshdMessage, UndoesWhatSshdEscapes) {
    EXPECT_EQ(sshd_text("plain"), "plain");
    EXPECT_EQ(sshd_text("\\n\\r\\t\\033\\\\\\303\\274"), "\n\r\t\033\\\303\274");
    EXPECT_EQ(sshd_text("\\000a\\0"), "\0a\0"s);
    EXPECT_EQ(sshd_text("\\\\033"), "\\033");
    EXPECT_EQ(sshd_text("\\"), "\\");
    EXPECT_EQ(sshd_text("\\q\\9\\4\\777"), "\\q\\9\\4\\777");
}

} // namespace
} // namespace iptracking
