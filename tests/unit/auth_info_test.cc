// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/auth_info.h"

#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

// As `ssh-keygen -lf` and `ssh-keygen -Lf` print them of the keys in the corpus of tests/fuzz.
constexpr const char ed25519[] = "SHA256:BJaqB0Gma+1/iEpytM+poiIGkKc9tar/GVjoZVp72Bw",
                     rsa_4096[] = "SHA256:zXlJom4jpJ5yCwVawRnCac+oYUKBTosGU5kdgVraIhA",
                     rsa_8192[] = "SHA256:wPz2TM1Mi/NzRpQeKXkXNodvVqlWdARw0Du6najeewU",
                     ecdsa_256[] = "SHA256:ubIm9qW5arLpaJrjpvbcNjYoNH4t3HEnEP4y4jAgasU",
                     ecdsa_384[] = "SHA256:TsvQpPjnPC6Nt4JnaNvTzwNkEE+MkjbBrhTREbleNqE",
                     ecdsa_521[] = "SHA256:y/h/Xx5PtVM+YJ4AHDSqR6QoegFSXQ2aDySZ9o9LPJE",
                     dsa[] = "SHA256:Rs5D8+7RIwBt1m3ZelrIikAg4lk1YcnmGbpjOFT/jd0",
                     sk_ed25519[] = "SHA256:wiAcKm1jTV/2htatnta8x+Rymj6HYPpgUTcyMmzBCuI",
                     sk_ecdsa[] = "SHA256:8GzCeQpnhC6OTMZifmYmWbZD3lftndf6oUDrVMmReH8",
                     ca_ed25519[] = "SHA256:8X7lyyl+ZpoecFk+VuLqGDyJKdSkgOrujQP3wsKdBq4",
                     ca_rsa[] = "SHA256:uFrfgcahl+WtUlToFwCSGQQNd9YhtFb+C+U/SzaB97I";

/// As sshd gave it, and what it means.
struct Known {
    const char *file;
    AuthInfo info;
};

const Known all_known[] = {
    {"ed25519", {"publickey", ed25519, "", "", ""}},
    {"rsa-4096", {"publickey", rsa_4096, "", "", ""}},
    {"rsa-8192", {"publickey", rsa_8192, "", "", ""}},
    {"ecdsa-256", {"publickey", ecdsa_256, "", "", ""}},
    {"ecdsa-384", {"publickey", ecdsa_384, "", "", ""}},
    {"ecdsa-521", {"publickey", ecdsa_521, "", "", ""}},
    {"dsa", {"publickey", dsa, "", "", ""}},
    {"sk-ed25519", {"publickey", sk_ed25519, "", "", ""}},
    {"sk-ecdsa", {"publickey", sk_ecdsa, "", "", ""}},
    {"certificate-ed25519", {"publickey", ed25519, "alice@example.com", "7", ca_ed25519}},
    {"certificate-rsa", {"publickey", rsa_4096, "laptop of alice, 2026", "18446744073709551615", ca_rsa}},
    {"certificate-ecdsa-256", {"publickey", ecdsa_256, "ec256", "0", ca_ed25519}},
    {"certificate-ecdsa-384", {"publickey", ecdsa_384, "ec384", "0", ca_ed25519}},
    {"certificate-ecdsa-521", {"publickey", ecdsa_521, "ec521", "0", ca_ed25519}},
    {"certificate-dsa", {"publickey", dsa, "old", "3", ca_ed25519}},
    {"certificate-sk-ed25519", {"publickey", sk_ed25519, "token", "9", ca_ed25519}},
    {"certificate-sk-ecdsa", {"publickey", sk_ecdsa, "token 2", "10", ca_ed25519}},
    {"certificate-cut", {"publickey", rsa_4096, "many", "1", ""}}, // of 10 kB, for 256 principals
    {"password", {"password", "", "", "", ""}},
    {"keyboard-interactive", {"keyboard-interactive", "", "", "", ""}},
    {"two-keys-and-a-password",
     {"publickey,publickey,password", std::string(ed25519) + "," + rsa_4096, "laptop of alice, 2026",
      "18446744073709551615", ca_rsa}},
    {"hostbased", {"hostbased", ecdsa_256, "", "", ""}},
    {"gssapi", {"gssapi-with-mic", "", "", "", ""}},
    {"strange", {"publickey,publickey,password,na,publickey,publickey", "", "", "", ""}},
};

std::string typed(const std::string &file) {
    return read_small_file(AT_FDCWD, IPTRACKING_AUTH_INFOS "/" + file, 16 * 1024).value();
}

bool is_empty_or(const std::string &text, const std::string &other) {
    return text.empty() || text == other;
}

TEST(AuthInfo, SaysWhatSshKeygenSays) {
    for (const auto &[file, info] : all_known) {
        const AuthInfo read = read_auth_info(typed(file));
        EXPECT_EQ(read.method, info.method) << file;
        EXPECT_EQ(read.key, info.key) << file;
        EXPECT_EQ(read.cert_id, info.cert_id) << file;
        EXPECT_EQ(read.cert_serial, info.cert_serial) << file;
        EXPECT_EQ(read.cert_ca, info.cert_ca) << file;
    }
}

TEST(AuthInfo, IsNeverWrongWhereItWasCut) {
    for (const auto &[file, info] : all_known) {
        const std::string whole = typed(file);
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const AuthInfo cut = read_auth_info(std::string_view(whole).substr(0, size));
            EXPECT_TRUE((info.method + ",").starts_with(cut.method)) << file << " " << size << " " << cut.method;
            EXPECT_TRUE((info.key + ",").starts_with(cut.key + (cut.key.empty() ? "" : ","))) << file << " " << size;
            EXPECT_TRUE(is_empty_or(cut.cert_id, info.cert_id)) << file << " " << size << " " << cut.cert_id;
            EXPECT_TRUE(is_empty_or(cut.cert_serial, info.cert_serial)) << file << " " << size;
            EXPECT_TRUE(is_empty_or(cut.cert_ca, info.cert_ca)) << file << " " << size << " " << cut.cert_ca;
        }
    }
}

TEST(AuthInfo, ReadsTheFrontOfACertificate) {
    // The key, and the certificate's id and serial, are in the first 1200 bytes, whatever comes then.
    const AuthInfo cut = read_auth_info(typed("certificate-cut").substr(0, 1700));
    EXPECT_EQ(cut.key, rsa_4096);
    EXPECT_EQ(cut.cert_id, "many");
    EXPECT_EQ(cut.cert_serial, "1");
}

TEST(AuthInfo, TakesNoKeyOfAnotherKindThanItIsCalled) {
    std::string other = typed("ed25519");
    other.replace(other.find("ssh-ed25519"), 11, "ssh-ed25518");
    EXPECT_EQ(read_auth_info(other).method, "publickey");
    EXPECT_EQ(read_auth_info(other).key, "");
}

TEST(AuthInfo, TakesKeysThatItDoesNotKnowIfTheyAreWhole) {
    const std::string key = "publickey ssh-new AAAAB3NzaC1uZXcAAAADYWJj";
    EXPECT_EQ(read_auth_info(key + "\n").key, "SHA256:nlu7L393TFXB3dE3ZuX4kjrw7bD1kyAY2yB4A6gUGEk");
    EXPECT_EQ(read_auth_info(key).key, "");
    EXPECT_EQ(read_auth_info(key + "AAAA\n").key, "");
}

TEST(AuthInfo, TakesNoNumberWithZerosInFront) {
    // ssh-rsa, 3, 5 and ssh-rsa, 0 3, 5
    EXPECT_NE(read_auth_info("publickey ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEF\n").key, "");
    EXPECT_EQ(read_auth_info("publickey ssh-rsa AAAAB3NzaC1yc2EAAAACAAMAAAABBQ==\n").key, "");
}

TEST(AuthInfo, IsBounded) {
    std::string many, long_name(64, 'a');
    for (int i = 0; i < 100; ++i)
        many += long_name + "\n";
    EXPECT_EQ(read_auth_info(many).method.size(), 64u * 7 + 6);
    EXPECT_EQ(read_auth_info(long_name + "a\n").method, "");
    std::string keys;
    for (int i = 0; i < 100; ++i)
        keys += typed("ed25519");
    EXPECT_EQ(read_auth_info(keys).key.size(), 50u * 10 + 9);
    EXPECT_EQ(read_auth_info(std::string(100'000, '\n')).method, "");
}

TEST(AuthInfo, TakesNothingForAMethodThatMayNotStandInAList) {
    for (const char *strange :
         {"a,b\n", "\x01\n", "a\xff\n", "/pam\n", "\"password\"\n", " password\n", "pass\0word\n"})
        EXPECT_EQ(read_auth_info(strange).method, "") << strange;
}

} // namespace
} // namespace iptracking
