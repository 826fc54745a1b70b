// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/backlog.h"

#include "support.h"

#include <filesystem>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

using test::Pool;

TEST(Backlog, IsWhatWasTakenAndNotConfirmed) {
    Pool pool;
    pool.take("one\ntwo\n");
    Backlog backlog(pool.segments, {1, 4});
    EXPECT_EQ(backlog.lines(), 1u);
    EXPECT_EQ(backlog.bytes(), 4u);
    pool.take("three\nhalf");
    EXPECT_EQ(backlog.lines(), 2u);
    backlog.advance({1, 8}, 1);
    EXPECT_EQ(backlog.lines(), 1u);
    EXPECT_EQ(backlog.bytes(), 10u);
    backlog.advance({1, 14}, 1);
    EXPECT_EQ(backlog.lines(), 0u);
    EXPECT_EQ(backlog.stored(), (Place{1, 14}));
    backlog.begin_at({1, 0});
    EXPECT_EQ(backlog.lines(), 3u);
}

TEST(Backlog, CountsWhatAnEarlierProcessLeft) {
    Pool pool;
    pool.take("one\ntwo\n");
    const Segments again(pool.folder / "pool", std::nullopt);
    const Backlog backlog(again, {1, 0});
    EXPECT_EQ(backlog.lines(), 2u);
}

TEST(Backlog, EstimatesALargeOneAndCountsItWhenItIsSmaller) {
    Pool pool(256 * 1024 * 1024);
    const std::string line(1023, 'x');
    std::string lines;
    for (int i = 0; i < 512; ++i)
        lines += line + "\n";
    constexpr std::uint64_t most = 64 * 1024, all = 2 * most; // lines of 1 KiB
    for (std::uint64_t taken = 0; taken < all; taken += 512)
        pool.take(lines);
    pool.take("half");
    Segments again(pool.folder / "pool", 256 * 1024 * 1024);
    Backlog backlog(again, {1, 0});
    EXPECT_NEAR(static_cast<double>(backlog.lines()), all, 1);
    EXPECT_EQ(backlog.bytes(), all * 1024 + 4);
    backlog.advance(again.advance({1, 0}, most * 1024), most);
    EXPECT_NEAR(static_cast<double>(backlog.lines()), most, 1) << "four bytes are too many";
    backlog.advance(again.advance({1, 0}, (most + 1) * 1024), 1);
    EXPECT_EQ(backlog.lines(), most - 1);
}

TEST(Backlog, IsNotCountedAsNothingWhereItCannotBeRead) {
    Pool pool;
    pool.take("one\ntwo\n");
    Segments again(pool.folder / "pool", std::nullopt);
    std::filesystem::remove(pool.folder / "pool/0000000000000001.lines");
    EXPECT_GT(Backlog(again, {1, 0}).lines(), 0u);
}

TEST(Backlog, IsNeverLessThanNothing) {
    Pool pool;
    pool.take("one\ntwo\n");
    Backlog backlog(pool.segments, {1, 0});
    backlog.advance({1, 8}, 7);
    EXPECT_EQ(backlog.lines(), 0u);
}

} // namespace
} // namespace iptracking
