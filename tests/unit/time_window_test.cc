// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/time_window.h"

#include "event/timestamp.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

constexpr std::int64_t now = 1795291395'250'000; // Sat 2026-11-21 21:03:15.25 in Berlin, 20:03:15.25 UTC

class Times : public testing::Test {
protected:
    Times() { live_in("Europe/Berlin"); }
    ~Times() override {
        ::unsetenv("TZ");
        ::tzset();
    }
    static void live_in(const char *zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
};

std::string when(std::string_view text) {
    const auto time = parse_when(text, now);
    return time ? format_utc(*time) : "none";
}

TEST_F(Times, CountFromNow) {
    EXPECT_EQ(when("now"), "2026-11-21T20:03:15.250000Z");
    EXPECT_EQ(when("-2h"), "2026-11-21T18:03:15.250000Z");
    EXPECT_EQ(when("+5min"), "2026-11-21T20:08:15.250000Z");
    EXPECT_EQ(when("2 hours ago"), "2026-11-21T18:03:15.250000Z");
    EXPECT_EQ(when("1 week 2 days ago"), "2026-11-12T20:03:15.250000Z");
    EXPECT_EQ(when("3 days left"), "2026-11-24T20:03:15.250000Z");
    EXPECT_EQ(when("-1.5h"), "2026-11-21T18:33:15.250000Z");
    EXPECT_EQ(when("-30"), "2026-11-21T20:02:45.250000Z");
}

TEST_F(Times, CountBackFromNowWhereNothingElseIsSaid) {
    EXPECT_EQ(when("2h"), "2026-11-21T18:03:15.250000Z");
    EXPECT_EQ(when("90 minutes"), "2026-11-21T18:33:15.250000Z");
    EXPECT_EQ(when("7d"), "2026-11-14T20:03:15.250000Z");
    EXPECT_EQ(when("1h30min"), "2026-11-21T18:33:15.250000Z");
    EXPECT_EQ(when("2"), "none") << "of what?";
}

TEST_F(Times, TellMonthsFromMinutes) {
    EXPECT_EQ(when("-1M"), "2026-10-22T09:33:15.250000Z");
    EXPECT_EQ(when("-1m"), "2026-11-21T20:02:15.250000Z");
}

TEST_F(Times, BeginDaysAtMidnightOfTheZone) {
    EXPECT_EQ(when("today"), "2026-11-20T23:00:00.000000Z");
    EXPECT_EQ(when("yesterday"), "2026-11-19T23:00:00.000000Z");
    EXPECT_EQ(when("Tomorrow"), "2026-11-21T23:00:00.000000Z");
    EXPECT_EQ(when("yesterday 18:00"), "2026-11-20T17:00:00.000000Z");
    EXPECT_EQ(when("today UTC"), "2026-11-21T00:00:00.000000Z");
    EXPECT_EQ(when("18:00"), "2026-11-21T17:00:00.000000Z");
    EXPECT_EQ(when("8:05:30.5"), "2026-11-21T07:05:30.500000Z");
}

TEST_F(Times, TakeDatesInTheFormsThatPeopleTry) {
    for (const char *text : {"2026-11-20 18:00",
                             "2026-11-20 18:00:00",
                             "2026-11-20T18:00:00",
                             "20261120180000",
                             "20261120 18:00",
                             "2026-11-20T17:00:00Z",
                             "2026-11-20T17:00:00.000Z",
                             "2026-11-20T18:00:00+01:00",
                             "2026-11-20 12:00 -0500",
                             "2026-11-20 17:00 UTC",
                             "2026-11-20 18:00 Europe/Berlin",
                             "2026-11-20 12:00 America/New_York",
                             "2026-11-20 18:00 CET",
                             "26-11-20 18:00",
                             "Fri 2026-11-20 18:00",
                             "friday 2026-11-20 18:00",
                             "fri 18:00",
                             "@1795194000",
                             "@1795194000.0",
                             " 2026-11-20  18:00 "})
        EXPECT_EQ(when(text), "2026-11-20T17:00:00.000000Z") << text;
    EXPECT_EQ(when("2026-11-20 18:00:00.123456"), "2026-11-20T17:00:00.123456Z");
    EXPECT_EQ(when("20261120"), "2026-11-19T23:00:00.000000Z");
    EXPECT_EQ(when("2026-1-2"), "2026-01-01T23:00:00.000000Z");
    EXPECT_EQ(when("@1763600000.25"), "2025-11-20T00:53:20.250000Z");
    EXPECT_EQ(when("2026-11-20 23:59:60"), "2026-11-20T23:00:00.000000Z");
}

TEST_F(Times, KnowTheLastDayOfThatName) {
    EXPECT_EQ(when("monday"), "2026-11-15T23:00:00.000000Z");
    EXPECT_EQ(when("Sat"), "2026-11-20T23:00:00.000000Z") << "today";
    EXPECT_EQ(when("sunday"), "2026-11-14T23:00:00.000000Z");
}

TEST_F(Times, AreNotInDaysThatAreNot) {
    for (const char *text : {"2026-02-31", "2026-02-29", "2026-13-01", "2026-00-10", "2026-11-00", "20260231",
                             "Thu 2026-11-20", "monday today"})
        EXPECT_EQ(when(text), "none") << text;
    EXPECT_EQ(when("2028-02-29"), "2028-02-28T23:00:00.000000Z");
}

TEST_F(Times, AreNothingElse) {
    for (const char *text : {"",
                             " ",
                             "bogus",
                             "24:00",
                             "23:60",
                             "12:00:61",
                             "18",
                             "1800",
                             "2h30",
                             "2 ago ago",
                             "ago",
                             "--2h",
                             "- -2h",
                             "+",
                             "@",
                             "@-1",
                             "@1e9",
                             "@0x10",
                             "@1 2h",
                             "nan",
                             "inf",
                             "-inf",
                             "2026",
                             "2026-11",
                             "2026-11-20T",
                             "2026-11-20 18",
                             "2026-11-20 18:00 Nowhere/City",
                             "2026-11-20 18:00 ../../etc/passwd",
                             "2026-11-20 18:00 +25:00",
                             "2026-11-20 18:00:00.",
                             "2026-11-20x",
                             "1 fortnight ago",
                             "now now",
                             "2026-11-20 18:00 UTC x",
                             "99999999999999999999d",
                             "@99999999999999",
                             "2026-11-20\n",
                             "hago",
                             "1ago"})
        EXPECT_EQ(when(text), "none") << text;
}

TEST_F(Times, EndAt1970) {
    EXPECT_EQ(when("100 years ago"), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(when("1969-12-31"), "none");
}

TEST_F(Times, AreTheFirstOfTwoWhereClocksArePutBack) {
    EXPECT_EQ(when("2026-10-25 02:30"), "2026-10-25T00:30:00.000000Z");
    EXPECT_EQ(when("2026-10-25 02:30 CET"), "2026-10-25T01:30:00.000000Z");
    EXPECT_EQ(when("2026-10-25 02:30 CEST"), "2026-10-25T00:30:00.000000Z");
    live_in("Europe/Dublin"); // whose winter is the one that is "summer time" in the tables
    EXPECT_EQ(when("2026-10-25 01:30"), "2026-10-25T00:30:00.000000Z");
}

TEST_F(Times, GoOnWhereClocksArePutForward) {
    EXPECT_EQ(when("2026-03-29 02:30"), "2026-03-29T01:30:00.000000Z");
    live_in("Europe/Dublin");
    EXPECT_EQ(when("2026-03-29 01:30"), "2026-03-29T01:30:00.000000Z");
    live_in("America/Santiago"); // at midnight
    EXPECT_EQ(when("2026-09-06"), "2026-09-06T04:00:00.000000Z");
}

TEST_F(Times, DoNotHangOnWhatWasAskedBefore) {
    const std::string first = when("2026-10-25 02:30");
    when("2026-07-01");
    EXPECT_EQ(when("2026-10-25 02:30"), first);
    when("2026-01-01 12:00 Asia/Tokyo");
    EXPECT_EQ(when("2026-10-25 02:30"), first);
    EXPECT_STREQ(std::getenv("TZ"), "Europe/Berlin");
}

TEST_F(Times, KnowZonesWithoutSummerTime) {
    live_in("Asia/Kolkata");
    EXPECT_EQ(when("2026-07-01 05:30"), "2026-07-01T00:00:00.000000Z");
    live_in("UTC");
    EXPECT_EQ(when("2026-07-01 05:30"), "2026-07-01T05:30:00.000000Z");
}

/// What systemd takes the text for, in microseconds.
std::optional<double> systemd_says(const std::string &text) {
    const std::string command = "systemd-analyze timestamp -- '" + text + "' 2>&1";
    std::FILE *const answer = ::popen(command.c_str(), "r");
    std::optional<double> seconds;
    char line[256];
    while (std::fgets(line, sizeof(line), answer)) {
        if (const char *const found = std::strstr(line, "UNIX seconds: @"))
            seconds = std::strtod(found + 15, nullptr);
    }
    ::pclose(answer);
    return seconds;
}

TEST_F(Times, AreWhatSystemdTakesThemFor) {
    ASSERT_TRUE(systemd_says("@1")) << "systemd-analyze is missing";
    for (const char *zone : {"Europe/Berlin", "UTC", "America/St_Johns", "Asia/Kolkata", "America/Santiago"}) {
        live_in(zone);
        for (const char *text : {"now",
                                 "today",
                                 "yesterday",
                                 "tomorrow",
                                 "today UTC",
                                 "-2h",
                                 "+5min",
                                 "2 hours ago",
                                 "1 week ago",
                                 "1h30min ago",
                                 "3 days left",
                                 "1 month ago",
                                 "2 years ago",
                                 "1.5h ago",
                                 "-1M 2d",
                                 "18:00",
                                 "18:00:30",
                                 "18:00:30.5",
                                 "18:00 UTC",
                                 "2026-11-20",
                                 "2026-11-20 UTC",
                                 "2026-11-20 18:00",
                                 "2026-07-20 18:00:00.123456",
                                 "2026-07-20 18:00 UTC",
                                 "26-11-20",
                                 "68-01-01",
                                 "2026-1-2",
                                 "2026-11-20 8:05",
                                 "@1763600000",
                                 "@1763600000.25",
                                 "Fri 2026-11-20",
                                 "friday 2026-11-20 18:00",
                                 "Thu 2026-11-20",
                                 "23:59:60",
                                 "24:00",
                                 "23:60",
                                 "bogus",
                                 "now UTC",
                                 "2 fortnights ago"}) {
            const auto wanted = systemd_says(text);
            const auto is = parse_when(text, now_usec());
            ASSERT_EQ(is.has_value(), wanted.has_value()) << text;
            if (!is)
                continue;
            EXPECT_NEAR(static_cast<double>(*is) / 1e6, *wanted, 5) << text << " in " << zone; // asked one by one
        }
    }
}

} // namespace
} // namespace iptracking
