// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/damage.h"

#include "support.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace iptracking {
namespace {

using test::TempDir;

constexpr std::size_t limit = 1024 * 1024;

TEST(Damage, IsCopiedAsideLineByLineAndCounted) {
    const TempDir state;
    Damage damage(state.path());
    EXPECT_EQ(damage.count(), 0u);
    EXPECT_TRUE(damage.add({1, 0}, "first"));
    EXPECT_TRUE(damage.add({1, 6}, std::string_view("second\0\xff", 8)));
    EXPECT_EQ(test::read_file(state / "damaged"), std::string("first\nsecond\0\xff\n", 15));
    EXPECT_EQ(damage.count(), 2u);
}

TEST(Damage, IsAddedOnceThoughItIsReadAgain) {
    const TempDir state;
    Damage damage(state.path());
    EXPECT_TRUE(damage.add({1, 7}, "first"));
    EXPECT_FALSE(damage.add({1, 7}, "first"));
    EXPECT_FALSE(damage.add({1, 2}, "before"));
    EXPECT_TRUE(damage.add({1, 8}, "second"));
    EXPECT_TRUE(damage.add({2, 0}, "third"));
    EXPECT_EQ(damage.count(), 3u);
    EXPECT_EQ(test::read_file(state / "damaged"), "first\nsecond\nthird\n");
}

TEST(Damage, IsCopiedWithoutCountingWhereItIsALineThatCannotBeStored) {
    const TempDir state;
    Damage damage(state.path());
    damage.copy("a line");
    EXPECT_EQ(damage.count(), 0u);
    EXPECT_EQ(test::read_file(state / "damaged"), "a line\n");
}

TEST(Damage, IsReadableOnlyByItsOwner) {
    const TempDir state;
    Damage damage(state.path());
    damage.copy("");
    struct stat status {};
    ASSERT_EQ(::stat((state / "damaged").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST(Damage, IsAppendedAfterARestart) {
    const TempDir state;
    Damage(state.path()).add({1, 0}, "before");
    Damage after(state.path());
    EXPECT_EQ(after.count(), 0u);
    after.add({1, 7}, "after");
    EXPECT_EQ(test::read_file(state / "damaged"), "before\nafter\n");
}

TEST(Damage, IsCopiedUpToAMebibyteExactlyAndCountedBeyondIt) {
    const TempDir state;
    Damage damage(state.path());
    damage.add({1, 0}, std::string(limit - 8, 'x'));
    damage.add({1, 1}, "seven x"); // with its newline one byte too much
    EXPECT_EQ(std::filesystem::file_size(state / "damaged"), limit - 7);
    damage.add({1, 2}, "six xx");
    EXPECT_EQ(std::filesystem::file_size(state / "damaged"), limit);
    damage.add({1, 3}, "");
    EXPECT_EQ(std::filesystem::file_size(state / "damaged"), limit);
    EXPECT_EQ(damage.count(), 4u);
    EXPECT_TRUE(test::read_file(state / "damaged").ends_with("x\nsix xx\n"));
}

TEST(Damage, StaysWithinItsLimitAfterARestart) {
    const TempDir state;
    test::write_file(state / "damaged", std::string(limit - 3, 'x'));
    Damage damage(state.path());
    damage.add({1, 0}, "more");
    EXPECT_EQ(std::filesystem::file_size(state / "damaged"), limit - 3);
    EXPECT_EQ(damage.count(), 1u);
}

TEST(Damage, DoesNotFollowALink) {
    const TempDir state;
    test::write_file(state / "elsewhere", "");
    std::filesystem::create_symlink(state / "elsewhere", state / "damaged");
    Damage damage(state.path());
    EXPECT_TRUE(damage.add({1, 0}, "not there"));
    EXPECT_EQ(damage.count(), 1u);
    EXPECT_EQ(test::read_file(state / "elsewhere"), "");
}

} // namespace
} // namespace iptracking
