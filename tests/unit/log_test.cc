// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

using namespace std::string_literals;

/// What is said on stderr.
class Said {
public:
    Said() { testing::internal::CaptureStderr(); }
    std::string text() { return testing::internal::GetCapturedStderr(); }
};

class Log : public testing::Test {
protected:
    Log() { set_log_level(Level::info); }
    ~Log() override { set_log_level(Level::info); }
};

std::string as_said(const std::string &message) {
    return program_invocation_short_name + ": "s + message + "\n";
}

TEST_F(Log, IsALineOnStderrWithTheNameOfTheProgram) {
    Said said;
    log(Level::info, "storing events", {{"IPTRACKING_DRIVER", "csvfile"}});
    EXPECT_EQ(said.text(), as_said("storing events"));
}

TEST_F(Log, LeavesOutWhatIsLessImportantThanItsLevel) {
    Said said;
    log(Level::debug, "detail");
    set_log_level(Level::warning);
    log(Level::info, "information");
    log(Level::warning, "warning");
    set_log_level(Level::debug);
    log(Level::debug, "detail again");
    EXPECT_EQ(said.text(), as_said("warning") + as_said("detail again"));
}

TEST_F(Log, LetsNoTextForgeASecondLine) {
    Said said;
    log(Level::error, "cannot open 'a\nb\r\x1b[1m\x7f\0'"s);
    EXPECT_EQ(said.text(), as_said("cannot open 'a\\x0ab\\x0d\\x1b[1m\\x7f\\x00'"));
}

TEST_F(Log, KeepsUtf8) {
    Said said;
    log(Level::error, "caf\u00e9");
    EXPECT_EQ(said.text(), as_said("caf\u00e9"));
}

TEST(Printable, KeepsPrintableAsciiAndWritesEveryOtherByteAsHex) {
    for (int i = 0; i < 256; ++i) {
        const std::string byte(1, static_cast<char>(i));
        char hex[5];
        std::snprintf(hex, sizeof(hex), "\\x%02x", static_cast<unsigned>(i));
        EXPECT_EQ(printable(byte), i >= ' ' && i <= '~' ? byte : hex) << i;
    }
}

TEST(Printable, IsCutBehindItsLimitAndSaysSo) {
    EXPECT_EQ(printable("abcdef", 6), "abcdef");
    EXPECT_EQ(printable("abcdefg", 6), "abcdef\u2026");
    EXPECT_EQ(printable("\n\n\n", 2), "\\x0a\\x0a\u2026");
    EXPECT_EQ(printable(std::string(200, 'x')), std::string(200, 'x'));
    EXPECT_EQ(printable(std::string(201, 'x')), std::string(200, 'x') + "\u2026");
    EXPECT_EQ(printable(""), "");
}

} // namespace
} // namespace iptracking
