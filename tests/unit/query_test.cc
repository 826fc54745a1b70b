// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/timestamp.h"
#include "query/csv_line.h"
#include "query/selection.h"
#include "query/spool.h"
#include "store/csv_driver.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

std::string net(std::string_view text) {
    const auto parsed = Net::parse(text);
    return parsed ? parsed->to_string() : "none";
}

IpAddress address(std::string_view text) {
    return IpAddress::parse(text).value();
}

TEST(Net, IsReadAndWrittenAsPeopleDo) {
    for (const char *text :
         {"192.0.2.7", "192.0.2.0/24", "0.0.0.0/0", "10.0.0.0/8", "2001:db8::/32", "::/0", "2001:db8::7"})
        EXPECT_EQ(net(text), text);
    EXPECT_EQ(net("192.0.2.7/32"), "192.0.2.7");
    EXPECT_EQ(net("2001:DB8:0::/48"), "2001:db8::/48");
}

TEST(Net, IsNoneWithBitsBehindThePrefixOrWithoutANumber) {
    for (const char *text : {"", "x", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/", "192.0.2.0/2x",
                             "/24", "2001:db8::1/32", "::/129", "fe80::1%eth0", "192.0.2"})
        EXPECT_EQ(net(text), "none") << text;
}

TEST(Net, HoldsAddressesOfItsOwnFamily) {
    const Net small = *Net::parse("192.0.2.128/25"), all = *Net::parse("0.0.0.0/0"), six = *Net::parse("::/0");
    EXPECT_TRUE(small.holds(address("192.0.2.128")) && small.holds(address("::ffff:192.0.2.255")));
    EXPECT_FALSE(small.holds(address("192.0.2.127")) || small.holds(address("2001:db8::1")));
    EXPECT_TRUE(all.holds(address("203.0.113.1")) && six.holds(address("2001:db8::1")));
    EXPECT_FALSE(all.holds(address("2001:db8::1")) || six.holds(address("203.0.113.1")));
}

TEST(Net, AroundAnAddressGoesByItsFamily) {
    EXPECT_EQ(Net::around(address("192.0.2.7"), 20, 64).to_string(), "192.0.0.0/20");
    EXPECT_EQ(Net::around(address("192.0.2.7"), 32, 64).to_string(), "192.0.2.7");
    EXPECT_EQ(Net::around(address("192.0.2.7"), 0, 64).to_string(), "0.0.0.0/0");
    EXPECT_EQ(Net::around(address("2001:db8:1:2:3::7"), 20, 56).to_string(), "2001:db8:1::/56");
}

TEST(ParseUtc, GivesBackWhatWasWritten) {
    for (const std::int64_t usec : {std::int64_t{0}, std::int64_t{1772359200'123456}, latest_time_usec})
        EXPECT_EQ(parse_utc(format_utc(usec)), usec);
    EXPECT_EQ(parse_utc("2026-03-01T10:15:00Z"), 1772360100'000000);
    for (const char *text :
         {"", "2026-03-01T10:15:00", "2026-02-30T10:15:00Z", "2026-03-01 10:15:00Z", "2026-03-01T24:00:00Z",
          "2026-03-01T10:15:00.12345Z", "2026-03-01T10:15:00,123456Z", "x026-03-01T10:15:00Z"})
        EXPECT_EQ(parse_utc(text), std::nullopt) << text;
}

TEST(CsvLine, GivesBackTheFieldsThatWereWritten) {
    const std::vector<std::string> written{"", "plain", "a,b", "a;;b", "\"", "a\"\"b", " ", ",", ";", "\xc3\xbc", ""};
    for (const char *delimiter : {",", ";", ";;", "\t", " | "}) {
        std::string line;
        for (const std::string &field : written) {
            line += &field == &written.front() ? "" : delimiter;
            append_csv_field(line, field, delimiter);
        }
        std::vector<std::string> fields{"what", "was", "there"};
        ASSERT_TRUE(split_csv_line(line, delimiter, fields)) << line;
        EXPECT_EQ(fields, written) << line;
    }
}

TEST(CsvLine, IsRefusedWhereQuotesAreWrong) {
    std::vector<std::string> fields;
    for (const char *line : {"\"a", "a,\"b", "\"a\"b,c", "\"a\"\""})
        EXPECT_FALSE(split_csv_line(line, ",", fields)) << line;
}

TEST(Spool, GivesAllRowsBackInBothOrders) {
    constexpr std::int64_t number = 12'345; // more than are kept in memory
    Spool spool;
    const auto row_of = [](std::int64_t i) {
        return Row{i,          std::string(static_cast<std::size_t>(i % 7), 'x'),    Cell{}, 0.5,
                   i % 2 == 0, std::vector<std::string>{"a", std::string("b\0c", 3)}};
    };
    for (std::int64_t i = 0; i < number; ++i)
        spool.put(row_of(i));
    std::int64_t next = 0;
    spool.replay([&](Row &row) { return row == row_of(next++); });
    EXPECT_EQ(next, number);
    spool.replay_backwards([&](Row &row) { return row == row_of(--next); });
    EXPECT_EQ(next, 0);
    int taken = 0;
    spool.replay([&](Row &) { return ++taken < 3; });
    EXPECT_EQ(taken, 3);
}

} // namespace
} // namespace iptracking
