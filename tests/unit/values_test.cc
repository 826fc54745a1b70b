// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/values.h"

#include "output/terminal.h"

#include <clocale>
#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <limits>

namespace iptracking {
namespace {

TEST(Values, GiveTimesTheOffsetOfTheirDay) {
    ::setenv("TZ", "Europe/Berlin", 1);
    ::tzset();
    EXPECT_EQ(rfc3339(1763640000'000'001, false), "2025-11-20T13:00:00.000001+01:00");
    EXPECT_EQ(rfc3339(1753012800'000'000, false), "2025-07-20T14:00:00.000000+02:00");
    EXPECT_EQ(rfc3339(1753012800'000'000, true), "2025-07-20T12:00:00.000000Z");
    EXPECT_EQ(time_for_people(1753012800'999'999, false), "2025-07-20 14:00:00");
    EXPECT_EQ(time_for_people(1753012800'999'999, true), "2025-07-20 12:00:00Z");
    ::setenv("TZ", "America/St_Johns", 1);
    ::tzset();
    EXPECT_EQ(rfc3339(0, false), "1969-12-31T20:30:00.000000-03:30");
    EXPECT_EQ(rfc3339(-1, true), "1969-12-31T23:59:59.999999Z");
    ::unsetenv("TZ");
    ::tzset();
}

TEST(Values, GiveSecondsExactly) {
    EXPECT_EQ(seconds(0), "0");
    EXPECT_EQ(seconds(12'000'000), "12");
    EXPECT_EQ(seconds(250'000), "0.25");
    EXPECT_EQ(seconds(-3'000'001), "-3.000001");
    EXPECT_EQ(seconds(-250'000), "-0.25");
}

TEST(Values, GiveDurationsInTheUnitThatFits) {
    EXPECT_EQ(duration_for_people(0), "0.0 s");
    EXPECT_EQ(duration_for_people(12'345'678), "12.3 s");
    EXPECT_EQ(duration_for_people(59'999'999), "59.9 s");
    EXPECT_EQ(duration_for_people(60'000'000), "0:01:00");
    EXPECT_EQ(duration_for_people(11'045'000'000), "3:04:05");
    EXPECT_EQ(duration_for_people(86'399'999'999), "23:59:59");
    EXPECT_EQ(duration_for_people(183'840'000'000), "2d 03:04");
    EXPECT_EQ(duration_for_people(-12'345'678), "-12.3 s");
}

TEST(Values, GiveBytesInTheUnitThatFits) {
    EXPECT_EQ(bytes_for_people(0), "0 B");
    EXPECT_EQ(bytes_for_people(1023), "1023 B");
    EXPECT_EQ(bytes_for_people(1024), "1.0 KiB");
    EXPECT_EQ(bytes_for_people(1'048'500), "1023.9 KiB");
    EXPECT_EQ(bytes_for_people(1'048'530), "1.0 MiB");
    EXPECT_EQ(bytes_for_people(-1'258'291), "-1.2 MiB");
    EXPECT_EQ(bytes_for_people(std::numeric_limits<std::int64_t>::max()), "8.0 EiB");
    EXPECT_EQ(cell_for_people(std::int64_t{1'258'291}, Kind::bytes, false), "1.2 MiB");
    EXPECT_EQ(cell_as_word(std::int64_t{1'258'291}, Kind::bytes, false), "1258291");
}

TEST(Values, GiveRealsAsShortAsTheyAreReadBack) {
    EXPECT_EQ(shortest(0.1), "0.1");
    EXPECT_EQ(shortest(2), "2");
    EXPECT_EQ(shortest(1.0 / 3), "0.3333333333333333");
    EXPECT_EQ(shortest(NAN), "");
    EXPECT_EQ(shortest(INFINITY), "");
    EXPECT_EQ(percentage(1), "100.0%");
    EXPECT_EQ(percentage(NAN), "-");
}

class Terminal : public testing::Test {
protected:
    Terminal() { clear(); }
    ~Terminal() override { clear(); }
    static void clear() {
        for (const char *name : {"COLUMNS", "NO_COLOR", "SYSTEMD_COLORS"})
            ::unsetenv(name);
        std::setlocale(LC_CTYPE, "C");
    }
};

TEST_F(Terminal, IsAsWideAsColumnsSays) {
    EXPECT_EQ(terminal_width(-1), 80u);
    ::setenv("COLUMNS", "132", 1);
    EXPECT_EQ(terminal_width(-1), 132u);
    ::setenv("COLUMNS", "3", 1);
    EXPECT_EQ(terminal_width(-1), 10u);
    ::setenv("COLUMNS", "wide", 1);
    EXPECT_EQ(terminal_width(-1), 80u);
}

TEST_F(Terminal, HasColoursWhereTheOptionThenSystemdThenNoColorSaysSo) {
    EXPECT_FALSE(use_colour(Colour::automatic, -1));
    EXPECT_TRUE(use_colour(Colour::always, -1));
    ::setenv("SYSTEMD_COLORS", "1", 1);
    ::setenv("NO_COLOR", "1", 1);
    EXPECT_TRUE(use_colour(Colour::automatic, -1));
    EXPECT_FALSE(use_colour(Colour::never, -1));
    ::setenv("SYSTEMD_COLORS", "false", 1);
    EXPECT_FALSE(use_colour(Colour::automatic, -1));
}

TEST_F(Terminal, DrawsBarsInEighthsOfAColumn) {
    std::setlocale(LC_CTYPE, "C.UTF-8");
    EXPECT_EQ(bar(0, 10), "");
    EXPECT_EQ(bar(0.0001, 10), "▏");
    EXPECT_EQ(bar(0.5, 5), "██▌");
    EXPECT_EQ(bar(1, 3), "███");
    EXPECT_EQ(bar(7, 3), "███");
    EXPECT_EQ(bar(NAN, 3), "");
    std::setlocale(LC_CTYPE, "C");
    EXPECT_EQ(bar(0.5, 4), "##");
    EXPECT_EQ(bar(0.0001, 4), "#");
}

} // namespace
} // namespace iptracking
