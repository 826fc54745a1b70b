// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/log_line.h"

#include "event/timestamp.h"
#include "support.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace iptracking {
namespace {

using test::TimeZone;

std::string time_of(std::string_view line, int year = 2025) {
    auto stamp = take_log_stamp(line);
    if (!stamp)
        return "none";
    if (stamp->year == 0)
        stamp->year = year;
    const auto usec = LogTime().usec(*stamp);
    return usec ? format_utc(*usec) + "|" + std::string(line) : "no such time";
}

TEST(LogStamp, IsReadInAllForms) {
    const TimeZone zone("UTC-1"); // an hour east
    for (const auto &[line, time] : std::vector<std::pair<std::string, std::string>>{
             {"Nov 20 00:53:20 rest", "2025-11-19T23:53:20.000000Z|rest"},
             {"Nov  2 00:53:20 rest", "2025-11-01T23:53:20.000000Z|rest"},
             {"Nov 02 00:53:20.123456 rest", "2025-11-01T23:53:20.123456Z|rest"},
             {"2025-11-20T00:53:20.123456+02:00 rest", "2025-11-19T22:53:20.123456Z|rest"},
             {"2025-11-20T00:53:20-0330 rest", "2025-11-20T04:23:20.000000Z|rest"},
             {"2025-11-20T00:53:20Z rest", "2025-11-20T00:53:20.000000Z|rest"},
             {"2025-11-20 00:53:20.5 rest", "2025-11-19T23:53:20.500000Z|rest"},
             {"2024-02-29T00:53:20.123456789Z rest", "2024-02-29T00:53:20.123456Z|rest"},
         })
        EXPECT_EQ(time_of(line), time) << line;
}

TEST(LogStamp, IsNotTakenFromWhatIsNone) {
    for (const char *line : {"", "Nov", "Nov 20 00:53:20", "Nov 31 00:53:20 x", "Nov 00 00:53:20 x",
                             "Nov x0 00:53:20 x", "ovN 20 00:53:20 x", "Nov 20 24:53:20 x", "Nov 20 00-53-20 x",
                             "2025-11-31T00:53:20Z x", "2025-11-20T00:53:20Q x", "2025-11-20T00:53:20+1 x",
                             "2025-11-20", "1969-11-20T00:53:20Z x", "20251120T005320Z x"})
        EXPECT_EQ(time_of(line), "none") << line;
    EXPECT_EQ(time_of("Feb 29 00:00:00 x", 2025), "no such time");
}

std::vector<int> years(const std::vector<std::string> &lines, const char *latest, std::optional<int> given = {}) {
    LogYears years(*parse_local(latest), given);
    for (const std::string_view line : lines) {
        std::string_view rest = line;
        years.see(*take_log_stamp(rest));
    }
    years.begin();
    std::vector<int> found;
    for (const std::string_view line : lines) {
        std::string_view rest = line;
        found.push_back(years.year(*take_log_stamp(rest)));
    }
    return found;
}

TEST(LogYears, CountsBackFromTheTimeOfTheFile) {
    const std::vector<std::string> lines{"Nov 20 00:00:00 x", "Dec 31 23:59:59 x", "Jan  1 00:00:00 x",
                                         "Mar  1 00:00:00 x"};
    EXPECT_EQ(years(lines, "2025-03-02 00:00:00"), (std::vector{2024, 2024, 2025, 2025}));
    EXPECT_EQ(years(lines, "2025-02-01 00:00:00"), (std::vector{2023, 2023, 2024, 2024}));
    EXPECT_EQ(years(lines, "2025-02-01 00:00:00", 2025), (std::vector{2024, 2024, 2025, 2025}));
}

TEST(LogYears, TakesALateLineOfTheOldYear) {
    EXPECT_EQ(years({"Dec 31 23:59:59 x", "Jan  1 00:00:00 x", "Dec 31 23:59:59 x", "Jan  1 00:00:01 x"},
                    "2025-03-02 00:00:00"),
              (std::vector{2024, 2025, 2024, 2025}));
}

TEST(LogYears, TakesAClockThatWasSetBackForNoNewYear) {
    EXPECT_EQ(years({"Nov 20 00:00:00 x", "Nov  1 00:00:00 x", "Nov 20 00:00:00 x"}, "2025-12-02 00:00:00"),
              (std::vector{2025, 2025, 2025}));
}

TEST(LogYears, KnowsThemFromLinesThatSayThem) {
    EXPECT_EQ(years({"Dec 30 00:00:00 x", "Jan  1 00:00:00 x", "2022-01-02T00:00:00Z x", "2023-01-02T00:00:00Z x"},
                    "2025-12-02 00:00:00"),
              (std::vector{2021, 2022, 2022, 2023}));
}

TEST(LogLine, IsHostNameProcessAndMessage) {
    const auto line = read_log_line("2025-11-20T00:53:20Z srv-1 sshd-session[42]: Invalid user a: b from 192.0.2.7");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->host, "srv-1");
    EXPECT_EQ(line->ident, "sshd-session");
    EXPECT_EQ(line->pid, 42);
    EXPECT_EQ(line->message, "Invalid user a: b from 192.0.2.7");
    EXPECT_EQ(read_log_line("Nov 20 00:53:20 srv-1 sshd: x")->pid, 0);
}

TEST(LogLine, IsNotWhatLacksAPart) {
    for (const char *line : {"", "Nov 20 00:53:20 host", "Nov 20 00:53:20 host sshd[42]", "host sshd[42]: x",
                             "Nov 20 00:53:20 host last message repeated: x", "-- Boot 1 --"})
        EXPECT_FALSE(read_log_line(line)) << line;
}

TEST(LogLine, OfSshdHasOneOfItsNames) {
    EXPECT_TRUE(is_sshd("sshd") && is_sshd("sshd-session") && is_sshd("sshd-auth"));
    EXPECT_FALSE(is_sshd("sshd2") || is_sshd("xsshd") || is_sshd(""));
}

} // namespace
} // namespace iptracking
