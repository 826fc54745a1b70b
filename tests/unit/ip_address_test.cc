// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/ip_address.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

IpAddress address(std::string_view text) {
    const auto parsed = IpAddress::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(IpAddress{});
}

TEST(IpAddress, KeepsIPv4InTheLastFourBytesAsAMappedAddress) {
    const IpAddress parsed = address("192.0.2.7");
    EXPECT_EQ(parsed.bytes, (Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}));
    EXPECT_TRUE(parsed.is_v4());
    EXPECT_EQ(parsed.to_string(), "192.0.2.7");
}

TEST(IpAddress, KeepsIPv6AsItIs) {
    const IpAddress parsed = address("2001:db8:1:2:3:4:5:6");
    EXPECT_EQ(parsed.bytes, (Bytes{0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6}));
    EXPECT_FALSE(parsed.is_v4());
    EXPECT_EQ(parsed.to_string(), "2001:db8:1:2:3:4:5:6");
}

TEST(IpAddress, TakesAMappedAddressForTheIPv4AddressThatItIs) {
    EXPECT_EQ(address("::ffff:192.0.2.7"), address("192.0.2.7"));
    EXPECT_EQ(address("::FFFF:c000:207"), address("192.0.2.7"));
    EXPECT_EQ(address("::ffff:192.0.2.7").to_string(), "192.0.2.7");
}

TEST(IpAddress, DoesNotTakeOtherAddressesThatEndInIPv4ForIPv4) {
    EXPECT_FALSE(address("::192.0.2.7").is_v4());
    EXPECT_FALSE(address("64:ff9b::192.0.2.7").is_v4());
    EXPECT_FALSE(address("::fffe:192.0.2.7").is_v4());
    EXPECT_FALSE(address("1::ffff:192.0.2.7").is_v4());
}

TEST(IpAddress, CutsOffTheZone) {
    EXPECT_EQ(address("fe80::1%eth0"), address("fe80::1"));
    EXPECT_EQ(address("fe80::1%"), address("fe80::1"));
    EXPECT_EQ(address("fe80::1%a-name-that-is-longer-than-any-address-in-text-could-ever-be"), address("fe80::1"));
    EXPECT_EQ(address("fe80::1%eth0").to_string(), "fe80::1");
}

TEST(IpAddress, TakesTheLongestTextOfAnAddress) {
    EXPECT_EQ(address("1111:2222:3333:4444:5555:6666:255.255.255.255").to_string(),
              "1111:2222:3333:4444:5555:6666:ffff:ffff");
}

TEST(IpAddress, WritesIPv6AsRfc5952Asks) {
    EXPECT_EQ(address("2001:0DB8:0000:0000:0001:0000:0000:0001").to_string(), "2001:db8::1:0:0:1");
    EXPECT_EQ(address("2001:db8:0:1:1:1:1:1").to_string(), "2001:db8:0:1:1:1:1:1");
    EXPECT_EQ(address("0:0:0:0:0:0:0:1").to_string(), "::1");
}

TEST(IpAddress, OnlyAllZeroBytesAreNoAddress) {
    EXPECT_TRUE(IpAddress{}.is_absent());
    EXPECT_TRUE(address("::").is_absent());
    EXPECT_FALSE(address("0.0.0.0").is_absent());
    EXPECT_FALSE(address("::1").is_absent());
}

TEST(IpAddress, SortsByItsBytes) {
    const std::vector<IpAddress> in_order{address("::"),        address("::1"),        address("9.0.0.0"),
                                          address("10.0.0.0"),  address("10.0.0.9"),   address("10.0.0.10"),
                                          address("192.0.2.1"), address("2001:db8::"), address("ffff::")};
    std::vector<IpAddress> shuffled = in_order;
    std::reverse(shuffled.begin(), shuffled.end());
    std::sort(shuffled.begin(), shuffled.end());
    EXPECT_EQ(shuffled, in_order);
}

TEST(IpAddress, ReadsIPv4AsInetPtonDoes) {
    const std::string parts[] = {"0", "7", "07", "00", "25", "255", "256", "260", "999", "1000", "", "-1", "a"};
    int good = 0;
    for (const auto &first : parts)
        for (const auto &second : parts)
            for (const auto &third : parts)
                for (const auto &fourth : parts) {
                    const std::string text = first + "." + second + "." + third + "." + fourth;
                    in_addr expected;
                    const bool is_good = ::inet_pton(AF_INET, text.c_str(), &expected) == 1;
                    const auto parsed = IpAddress::parse(text);
                    ASSERT_EQ(parsed.has_value(), is_good) << text;
                    ASSERT_TRUE(!parsed || std::memcmp(parsed->bytes.data() + 12, &expected, 4) == 0) << text;
                    good += is_good;
                }
    EXPECT_EQ(good, 4 * 4 * 4 * 4);
}

class NoAddress : public testing::TestWithParam<std::string_view> {};

TEST_P(NoAddress, IsRefused) {
    EXPECT_FALSE(IpAddress::parse(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(IpAddress, NoAddress,
                         testing::Values("", "%", "%eth0", " 192.0.2.7", "192.0.2.7 ", "192.0.2", "192.0.2.7.1",
                                         "192.0.2.256", "192.0.02.7", "192.0.2.-7", "0x7f.0.0.1", "127.1", "3221225991",
                                         "localhost", "host.example", ":", ":::", "1::2::3",
                                         "12345::", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "[::1]", "::1/64",
                                         "::ffff:1.2.3", std::string_view("192.0.2.7\0", 10),
                                         std::string_view("::1\0", 4), std::string_view("\0", 1),
                                         "1111:2222:3333:4444:5555:6666:7777:88888888888888888888888888888888"));

} // namespace
} // namespace iptracking
