// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/timestamp.h"

#include "support.h"

#include <ctime>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

using test::TimeZone;

constexpr std::int64_t second = 1'000'000;
constexpr char central_european[] = "CET-1CEST,M3.5.0,M10.5.0/3";

TEST(FormatUtc, WritesTheEdgesOfItsRange) {
    EXPECT_EQ(format_utc(0), "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(format_utc(1), "1970-01-01T00:00:00.000001Z");
    EXPECT_EQ(format_utc(latest_time_usec), "9999-12-31T23:59:59.999999Z");
}

TEST(FormatUtc, WritesEachPartAtItsPlace) {
    EXPECT_EQ(format_utc(1795266307'123'456), "2026-11-21T13:05:07.123456Z");
}

TEST(FormatUtc, ChangesTheDayAtMidnight) {
    EXPECT_EQ(format_utc(951782400 * second - 1), "2000-02-28T23:59:59.999999Z");
    EXPECT_EQ(format_utc(951782400 * second), "2000-02-29T00:00:00.000000Z");
    EXPECT_EQ(format_utc(4107542400 * second - 1), "2100-02-28T23:59:59.999999Z");
    EXPECT_EQ(format_utc(4107542400 * second), "2100-03-01T00:00:00.000000Z");
}

TEST(FormatUtc, DoesNotKnowTheLocalTimeZone) {
    const TimeZone zone(central_european);
    EXPECT_EQ(format_utc(0), "1970-01-01T00:00:00.000000Z");
}

TEST(FormatUtc, SortsAsTextAsItDoesAsANumber) {
    std::string last;
    for (std::int64_t usec = 0; usec < latest_time_usec; usec += 98765432'109'877) {
        const std::string text = format_utc(usec);
        EXPECT_LT(last, text);
        last = text;
    }
}

TEST(ParseLocal, ReadsUtcWhereThatIsTheLocalTime) {
    const TimeZone zone("UTC0");
    EXPECT_EQ(parse_local("1970-01-01 00:00:00"), 0);
    EXPECT_EQ(parse_local("2026-11-21 13:05:07"), 1795266307 * second);
    EXPECT_EQ(parse_local("2024-02-29 23:59:59"), 1709251199 * second);
    EXPECT_EQ(parse_local("2000-02-29 00:00:00"), 951782400 * second);
}

TEST(ParseLocal, KnowsSummerAndWinter) {
    const TimeZone zone(central_european);
    EXPECT_EQ(format_utc(parse_local("2026-07-01 12:00:00").value()), "2026-07-01T10:00:00.000000Z");
    EXPECT_EQ(format_utc(parse_local("2026-12-01 12:00:00").value()), "2026-12-01T11:00:00.000000Z");
}

TEST(ParseLocal, FollowsTheClockThroughItsChange) {
    const TimeZone zone(central_european);
    EXPECT_EQ(format_utc(parse_local("2026-03-29 01:59:59").value()), "2026-03-29T00:59:59.000000Z");
    EXPECT_EQ(format_utc(parse_local("2026-03-29 03:00:00").value()), "2026-03-29T01:00:00.000000Z");
}

TEST(ParseLocal, TakesALeapSecondForTheNextOne) {
    const TimeZone zone("UTC0");
    EXPECT_EQ(parse_local("2016-12-31 23:59:60"), parse_local("2017-01-01 00:00:00"));
}

TEST(ParseLocal, RefusesWhatIsBefore1970InUtc) {
    const TimeZone zone(central_european);
    EXPECT_FALSE(parse_local("1970-01-01 00:59:59"));
    EXPECT_EQ(parse_local("1970-01-01 01:00:00"), 0);
}

TEST(ParseLocal, RefusesWhatIsBehindTheYear9999InUtc) {
    {
        const TimeZone zone("UTC0");
        EXPECT_EQ(parse_local("9999-12-31 23:59:59"), latest_time_usec / second * second);
        EXPECT_FALSE(parse_local("9999-12-31 23:59:60"));
    }
    const TimeZone zone("EST5");
    EXPECT_FALSE(parse_local("9999-12-31 19:00:00"));
}

class NoDate : public testing::TestWithParam<const char *> {};

TEST_P(NoDate, IsRefused) {
    const TimeZone zone("UTC0");
    EXPECT_FALSE(parse_local(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    ParseLocal, NoDate,
    testing::Values("2026-02-31 00:00:00", "2025-02-29 00:00:00", "2100-02-29 00:00:00", "2026-04-31 00:00:00",
                    "2026-00-10 00:00:00", "2026-13-10 00:00:00", "2026-01-00 00:00:00", "2026-01-32 00:00:00",
                    "2026-01-10 24:00:00", "2026-01-10 00:60:00", "2026-01-10 00:00:61", "1969-12-31 23:59:59",
                    "0000-01-01 00:00:00", "", "2026-01-10", "2026-01-10 00:00:0", "2026-01-10 00:00:000",
                    "2026-01-10T00:00:00", "2026/01/10 00:00:00", "2026-01-10 00.00.00", "2026-01-10 00:00-00",
                    "x026-01-10 00:00:00", "+026-01-10 00:00:00", "2026-x1-10 00:00:00", "2026-01-1x 00:00:00",
                    "2026-01-10 -1:00:00", "2026-01-10 0x:00:00", "2026-01-10 00:+1:00", "2026-01-10 00:00: 1"));

TEST(NowUsec, IsTheTimeOfDay) {
    timespec before{}, after{};
    ::clock_gettime(CLOCK_REALTIME, &before);
    const std::int64_t now = now_usec();
    ::clock_gettime(CLOCK_REALTIME, &after);
    EXPECT_LE(before.tv_sec * second + before.tv_nsec / 1000, now);
    EXPECT_GE(after.tv_sec * second + after.tv_nsec / 1000, now);
}

} // namespace
} // namespace iptracking
