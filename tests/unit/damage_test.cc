// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/damage.h"

#include "base/error.h"
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
    damage.add("first");
    damage.add(std::string_view("second\0\xff", 8));
    EXPECT_EQ(test::read_file(state / "damaged"), std::string("first\nsecond\0\xff\n", 15));
    EXPECT_EQ(damage.count(), 2u);
}

TEST(Damage, IsReadableOnlyByItsOwner) {
    const TempDir state;
    const Damage damage(state.path());
    struct stat status {};
    ASSERT_EQ(::stat((state / "damaged").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0600u);
}

TEST(Damage, IsAppendedAfterARestart) {
    const TempDir state;
    Damage(state.path()).add("before");
    Damage after(state.path());
    EXPECT_EQ(after.count(), 0u);
    after.add("after");
    EXPECT_EQ(test::read_file(state / "damaged"), "before\nafter\n");
}

TEST(Damage, IsCopiedUpToAMebibyteExactlyAndCountedBeyondIt) {
    const TempDir state;
    Damage damage(state.path());
    damage.add(std::string(limit - 8, 'x'));
    damage.add("seven x"); // with its newline one byte too much
    EXPECT_EQ(std::filesystem::file_size(state / "damaged"), limit - 7);
    damage.add("six xx");
    EXPECT_EQ(std::filesystem::file_size(state / "damaged"), limit);
    damage.add("");
    EXPECT_EQ(std::filesystem::file_size(state / "damaged"), limit);
    EXPECT_EQ(damage.count(), 4u);
    EXPECT_TRUE(test::read_file(state / "damaged").ends_with("x\nsix xx\n"));
}

TEST(Damage, StaysWithinItsLimitAfterARestart) {
    const TempDir state;
    test::write_file(state / "damaged", std::string(limit - 3, 'x'));
    Damage damage(state.path());
    damage.add("more");
    EXPECT_EQ(std::filesystem::file_size(state / "damaged"), limit - 3);
    EXPECT_EQ(damage.count(), 1u);
}

TEST(Damage, DoesNotFollowALink) {
    const TempDir state;
    test::write_file(state / "elsewhere", "");
    std::filesystem::create_symlink(state / "elsewhere", state / "damaged");
    EXPECT_THROW(Damage damage(state.path()), SystemError);
}

} // namespace
} // namespace iptracking
