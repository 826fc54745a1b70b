// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/utmp_file.h"

#include "support.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace iptracking {
namespace {

using test::TempDir;
using test::write_file;
using Type = UtmpRecord::Type;

template <class Number> void put(std::string &bytes, std::size_t offset, Number number) {
    std::memcpy(bytes.data() + offset, &number, sizeof(number));
}

std::string record(Type type, int pid, const std::string &user, int seconds = 1'700'000'000,
                   UtmpLayout layout = UtmpLayout::x86) {
    std::string bytes(static_cast<std::size_t>(layout), '\0');
    put(bytes, 0, static_cast<std::int16_t>(type));
    put(bytes, 4, static_cast<std::int32_t>(pid));
    bytes.replace(8, 5, "pts/0");
    bytes.replace(44, user.size(), user);
    bytes.replace(76, 9, "192.0.2.7");
    if (layout == UtmpLayout::x86) {
        put(bytes, 340, static_cast<std::int32_t>(seconds));
        put(bytes, 344, std::int32_t{123'456});
    } else {
        put(bytes, 344, static_cast<std::int64_t>(seconds));
        put(bytes, 352, std::int64_t{123'456});
    }
    bytes.replace(layout == UtmpLayout::x86 ? 348 : 360, 4, "\xc0\x00\x02\x07", 4);
    return bytes;
}

struct Read {
    std::vector<std::string> users;
    std::uint64_t passed_over = 0;
    std::size_t left_over = 0;
};

Read read(const std::string &content) {
    const TempDir folder;
    write_file(folder / "wtmp", content);
    UtmpFile file(folder / "wtmp");
    Read found;
    while (const auto next = file.next())
        found.users.emplace_back(next->user);
    found.passed_over = file.passed_over();
    found.left_over = file.left_over();
    return found;
}

TEST(UtmpRecord, IsReadInBothLayouts) {
    for (const UtmpLayout layout : {UtmpLayout::x86, UtmpLayout::arm64}) {
        const std::string bytes = record(Type::user, 42, "alice", 1'700'000'000, layout);
        ASSERT_TRUE(is_utmp_record(bytes, layout));
        EXPECT_EQ(layout_of(bytes + bytes), layout);
        const UtmpRecord read = read_utmp_record(bytes, layout);
        EXPECT_EQ(read.type, Type::user);
        EXPECT_EQ(read.pid, 42);
        EXPECT_EQ(read.line, "pts/0");
        EXPECT_EQ(read.user, "alice");
        EXPECT_EQ(read.host, "192.0.2.7");
        EXPECT_EQ(read.time_usec, 1'700'000'000'123'456);
        EXPECT_EQ(read.address, IpAddress::parse("192.0.2.7"));
    }
}

TEST(UtmpRecord, TextsNeedNotEndInNul) {
    const std::string name(32, 'n');
    EXPECT_EQ(read_utmp_record(record(Type::user, 1, name), UtmpLayout::x86).user, name);
}

TEST(UtmpRecord, AddressIsOfBothFamilies) {
    std::string bytes = record(Type::user, 1, "alice");
    bytes.replace(348, 16, std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16));
    EXPECT_EQ(read_utmp_record(bytes, UtmpLayout::x86).address, IpAddress::parse("2001:db8::7"));
    bytes.replace(348, 16, std::string(16, '\0'));
    EXPECT_TRUE(read_utmp_record(bytes, UtmpLayout::x86).address.is_absent());
}

TEST(UtmpFile, IsReadFromItsBeginning) {
    const Read found =
        read(record(Type::boot, 0, "reboot") + record(Type::user, 1, "alice") + record(Type::dead, 1, ""));
    EXPECT_EQ(found.users, (std::vector<std::string>{"reboot", "alice", ""}));
    EXPECT_EQ(found.passed_over, 0u);
    EXPECT_EQ(found.left_over, 0u);
}

TEST(UtmpFile, SaysThatItsEndIsTorn) {
    const Read found = read(record(Type::user, 1, "alice") + record(Type::user, 2, "bob").substr(0, 100));
    EXPECT_EQ(found.users, std::vector<std::string>{"alice"});
    EXPECT_EQ(found.left_over, 100u);
}

TEST(UtmpFile, GoesOnBehindHalfARecord) {
    std::string content = record(Type::user, 1, "alice") + record(Type::user, 2, "bob").substr(0, 100);
    for (int i = 0; i < 1000; ++i)
        content += record(Type::user, 3, "carol", 1'700'000'000 + i);
    const Read found = read(content);
    EXPECT_EQ(found.users.front(), "alice");
    EXPECT_GE(found.users.size(), 1000u);
    EXPECT_EQ(found.users.back(), "carol");
    EXPECT_GT(found.passed_over, 0u);
    EXPECT_EQ(found.left_over, 0u);
}

TEST(UtmpFile, OfRubbishHasNoRecords) {
    const Read found = read(std::string(5000, '\xff'));
    EXPECT_EQ(found.users, std::vector<std::string>{});
    EXPECT_GT(found.passed_over, 4000u);
    EXPECT_EQ(read("").users, std::vector<std::string>{});
}

} // namespace
} // namespace iptracking
