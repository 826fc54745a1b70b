// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/stream.h"

#include "base/file.h"
#include "support.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace iptracking {
namespace {

using test::TempDir;

class PoolFolder : public testing::Test {
protected:
    TempDir dir;
    UniqueFd folder = open_file(dir.path(), O_RDONLY | O_DIRECTORY);
};

using StreamTest = PoolFolder;
using StoredHintTest = PoolFolder;

TEST_F(StreamTest, IsNamedBy32HexadecimalDigits) {
    const Stream stream(folder.get(), Place{});
    EXPECT_EQ(stream.id().size(), 32u);
    EXPECT_EQ(stream.id().find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST_F(StreamTest, StaysTheSameAsLongAsThePoolDoes) {
    const std::string id = Stream(folder.get(), Place{}).id();
    EXPECT_EQ(Stream(folder.get(), Place{}).id(), id);
}

TEST_F(StreamTest, IsAnotherOneInAnotherPool) {
    const TempDir other;
    const UniqueFd other_folder = open_file(other.path(), O_RDONLY | O_DIRECTORY);
    EXPECT_NE(Stream(folder.get(), Place{}).id(), Stream(other_folder.get(), Place{}).id());
}

TEST_F(StreamTest, BeginsAnewOnAnotherMachine) {
    const std::string id = Stream(folder.get(), Place{}).id();
    const std::string content = test::read_file(dir / "stream");
    ASSERT_TRUE(content.starts_with(id + " ")) << content;
    test::write_file(dir / "stream", id + " 0123456789abcdef0123456789abcdef\n");
    const std::string next = Stream(folder.get(), Place{}).id();
    EXPECT_NE(next, id);
    EXPECT_EQ(Stream(folder.get(), Place{}).id(), next);
}

TEST_F(StreamTest, DoesNotTellTheIdOfTheMachine) {
    const Stream stream(folder.get(), Place{});
    if (const auto machine = read_small_file(AT_FDCWD, "/etc/machine-id", 100); machine && machine->size() >= 32) {
        EXPECT_EQ(test::read_file(dir / "stream").find(machine->substr(0, 32)), std::string::npos);
    } else {
        GTEST_SKIP() << "this machine has no id";
    }
}

TEST_F(StreamTest, BeginsAnewIfItsFileIsDamaged) {
    const std::string id = Stream(folder.get(), Place{}).id();
    const std::string machine = test::read_file(dir / "stream").substr(32);
    for (const std::string &content :
         {std::string(), std::string("\n"), id, id.substr(1) + machine, "g" + id.substr(1) + machine}) {
        test::write_file(dir / "stream", content);
        const std::string next = Stream(folder.get(), Place{}).id();
        EXPECT_NE(next, id) << content;
        EXPECT_EQ(next.size(), 32u) << content;
    }
    test::write_file(dir / "stream", std::string(4096, '\0'));
    EXPECT_EQ(Stream(folder.get(), Place{}).id().size(), 32u);
    test::write_file(dir / "stream", id + machine);
    EXPECT_EQ(Stream(folder.get(), Place{}).id(), id);
}

TEST_F(StreamTest, BeginsAnewForGood) {
    Stream stream(folder.get(), Place{});
    const std::string before = stream.id();
    stream.begin_anew();
    EXPECT_NE(stream.id(), before);
    EXPECT_EQ(Stream(folder.get(), Place{}).id(), stream.id());
}

TEST_F(StoredHintTest, KnowsNothingAtFirst) {
    const StoredHint hint(folder.get());
    EXPECT_EQ(hint.place(), std::nullopt);
    EXPECT_EQ(hint.target(), "");
}

TEST_F(StoredHintTest, RemembersPlaceAndTarget) {
    StoredHint(folder.get()).set({3, 4096}, "csvfile /a b.csv");
    const StoredHint hint(folder.get());
    EXPECT_EQ(hint.place(), (Place{3, 4096}));
    EXPECT_EQ(hint.target(), "csvfile /a b.csv");
}

TEST_F(StoredHintTest, TellsAtOnceWhatItWasTold) {
    StoredHint hint(folder.get());
    hint.set({3, 4096}, "csvfile /a.csv");
    EXPECT_EQ(hint.place(), (Place{3, 4096}));
    EXPECT_EQ(hint.target(), "csvfile /a.csv");
}

TEST_F(StoredHintTest, RemembersTheHighestPlace) {
    StoredHint(folder.get()).set({UINT64_MAX, UINT64_MAX}, "t");
    EXPECT_EQ(StoredHint(folder.get()).place(), (Place{UINT64_MAX, UINT64_MAX}));
}

TEST_F(StoredHintTest, ForgetsTheEndOfALongerTarget) {
    {
        StoredHint hint(folder.get());
        hint.set({100, 5}, "csvfile /a/very/long/path.csv");
        hint.set({101, 6}, "csvfile /b.csv");
    }
    const StoredHint hint(folder.get());
    EXPECT_EQ(hint.place(), (Place{101, 6}));
    EXPECT_EQ(hint.target(), "csvfile /b.csv");
}

TEST_F(StoredHintTest, DoesNotTrustAFileThatIsNotWhole) {
    StoredHint(folder.get()).set({3, 4096}, "csvfile /a.csv");
    const std::string whole = test::read_file(dir / "stored");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        test::write_file(dir / "stored", whole.substr(0, size));
        EXPECT_EQ(StoredHint(folder.get()).place(), std::nullopt) << size;
    }
    test::write_file(dir / "stored", whole);
    EXPECT_EQ(StoredHint(folder.get()).place(), (Place{3, 4096}));
}

TEST_F(StoredHintTest, DoesNotTrustGarbage) {
    for (const char *content : {"\n", "x\n", "1\n", "a b c\n", "-\n"}) {
        test::write_file(dir / "stored", content);
        EXPECT_EQ(StoredHint(folder.get()).place(), std::nullopt) << content;
    }
}

} // namespace
} // namespace iptracking
