// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/segments.h"

#include "base/error.h"
#include "support.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace iptracking {
namespace {

using test::Fifo;
using test::Pool;
using test::TempDir;
using Taken = Segments::Taken;

/// Bytes that differ from place to place, in lines.
std::string numbered_lines(std::size_t size) {
    std::string text;
    for (std::size_t number = 0; text.size() < size; ++number)
        text += std::to_string(number) + "\n";
    text.resize(size);
    return text;
}

/// The largest limit whose segments are of 4 KiB each.
constexpr std::uint64_t small_pool = 32 * 1024;
constexpr std::size_t segment = 4096;

/// Takes until nothing more can be taken, and says why.
Taken take_all(Segments &segments, const Fifo &fifo) {
    Taken taken;
    while ((taken = segments.take_from(fifo.get())) == Taken::some)
        continue;
    return taken;
}

std::string read_after(const Segments &segments, Place from) {
    std::string bytes(segments.size_after(from), '?');
    bytes.resize(segments.read(from, bytes));
    return bytes;
}

Taken take_all(Pool &pool) {
    return take_all(pool.segments, pool.fifo);
}

std::vector<std::string> files_in(const std::string &folder) {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
        names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

TEST(Segments, BeginWithOneThatIsEmpty) {
    const Pool pool;
    EXPECT_EQ(pool.segments.begin(), (Place{1, 0}));
    EXPECT_EQ(pool.segments.end(), (Place{1, 0}));
    EXPECT_EQ(pool.segments.size(), 0u);
    EXPECT_EQ(files_in(pool.folder / "pool"), std::vector<std::string>{"0000000000000001.lines"});
}

TEST(Segments, AreInAFolderThatOnlyItsOwnerCanEnter) {
    const Pool pool;
    struct stat folder {
    }, file{};
    ASSERT_EQ(::stat((pool.folder / "pool").c_str(), &folder), 0);
    ASSERT_EQ(::stat((pool.folder / "pool/0000000000000001.lines").c_str(), &file), 0);
    EXPECT_EQ(folder.st_mode & 07777, 0700u);
    EXPECT_EQ(file.st_mode & 07777, 0600u);
}

TEST(Segments, TakeWhatIsInThePipeInItsOrder) {
    Pool pool;
    pool.fifo.write("first\n");
    pool.fifo.write("second\n");
    EXPECT_EQ(pool.segments.take_from(pool.fifo.get()), Taken::some);
    pool.fifo.write("third\n");
    EXPECT_EQ(pool.segments.take_from(pool.fifo.get()), Taken::some);
    EXPECT_EQ(pool.bytes_after({1, 0}), "first\nsecond\nthird\n");
    EXPECT_EQ(pool.segments.end(), (Place{1, 19}));
    EXPECT_EQ(pool.segments.size(), 19u);
}

TEST(Segments, SayThatThePipeIsEmpty) {
    Pool pool;
    EXPECT_EQ(pool.segments.take_from(pool.fifo.get()), Taken::nothing);
    pool.take("a\n");
    EXPECT_EQ(pool.segments.take_from(pool.fifo.get()), Taken::nothing);
    EXPECT_EQ(pool.segments.size(), 2u);
}

TEST(Segments, SayWhyTheyTakeNothing) {
    Pool pool;
    const UniqueFd no_pipe{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    EXPECT_EQ(pool.segments.take_from(no_pipe.get()), Taken::failed);
    EXPECT_EQ(pool.segments.failure(),
              "cannot move events from the pipe to '" + pool.folder.path() + "/pool': Invalid argument");
}

TEST(Segments, CountTheLinesThatTheyTake) {
    Pool pool(small_pool);
    pool.take("one\ntwo\nhalf");
    EXPECT_EQ(pool.segments.lines_taken(), 2u);
    pool.take(" a line\n" + numbered_lines(3 * segment));
    const std::uint64_t all = pool.segments.lines_taken();
    EXPECT_EQ(pool.segments.count_lines({1, 0}, UINT64_MAX).lines, all);
    EXPECT_EQ(pool.segments.count_lines({1, 4}, UINT64_MAX).lines, all - 1);
    EXPECT_EQ(pool.segments.count_lines({1, 5}, UINT64_MAX).lines, all - 1);
    EXPECT_EQ(pool.segments.count_lines(pool.segments.end(), UINT64_MAX).lines, 0u);
    EXPECT_GT(pool.segments.count_lines({2, 0}, UINT64_MAX).lines, pool.segments.count_lines({3, 0}, UINT64_MAX).lines);
    const Segments again(pool.folder / "pool", small_pool);
    EXPECT_EQ(again.lines_taken(), 0u);
    EXPECT_EQ(again.count_lines({1, 0}, UINT64_MAX).lines, all);
}

TEST(Segments, NeedFewDescriptorsHoweverManyTheyAre) {
    const auto descriptors = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
    const auto before = descriptors();
    Pool pool(small_pool);
    pool.take(numbered_lines(5 * segment));
    const Segments again(pool.folder / "pool", small_pool);
    std::string bytes(4 * segment, '?');
    again.read({1, 0}, bytes);
    EXPECT_GE(pool.segments.end().segment, 5u);
    EXPECT_LE(descriptors() - before, 7); // the pipe, and three each
}

TEST(Segments, KeepNoReleasedFileOpen) {
    Pool pool(small_pool);
    pool.take(numbered_lines(2 * segment + 10));
    char byte;
    pool.segments.read({1, 0}, {&byte, 1});
    pool.segments.release_until(pool.segments.end());
    for (const auto &entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone; // the descriptor of the iterator itself
        EXPECT_EQ(std::filesystem::read_symlink(entry, gone).string().find("(deleted)"), std::string::npos);
    }
}

TEST(Segments, ReadNothingBehindTheEnd) {
    Pool pool;
    pool.take("abc\n");
    char bytes[8];
    EXPECT_EQ(pool.segments.read(pool.segments.end(), bytes), 0u);
    EXPECT_EQ(pool.segments.read({1, 400}, bytes), 0u);
    EXPECT_EQ(pool.segments.read({7, 0}, bytes), 0u);
    EXPECT_EQ(pool.segments.size_after({7, 0}), 0u);
}

TEST(Segments, ReadNoMoreThanThereIsRoomFor) {
    Pool pool;
    pool.take("abcdef\n");
    char bytes[3];
    EXPECT_EQ(pool.segments.read({1, 1}, bytes), 3u);
    EXPECT_EQ(std::string(bytes, 3), "bcd");
}

TEST(Segments, KeepALineThatRunsOnFromOneIntoTheNext) {
    Pool pool(small_pool);
    const std::string head = numbered_lines(segment - 6), line = "a line over the end\nand one more\n";
    pool.take(head + line);
    EXPECT_EQ(pool.segments.end(), (Place{2, line.size() - 6}));
    EXPECT_EQ(pool.bytes_after({1, 0}), head + line);
    EXPECT_EQ(pool.bytes_after({1, segment - 6}), line);
    EXPECT_EQ(pool.bytes_after({1, segment}), line.substr(6));
    EXPECT_EQ(pool.bytes_after({2, 0}), line.substr(6));
}

TEST(Segments, GrowNoLargerThanAnEighthOfWhatThePoolMayHold) {
    Pool pool(small_pool);
    pool.take(std::string(2 * segment + 100, 'a'));
    EXPECT_EQ(pool.segments.end(), (Place{3, 100}));
    Pool large(800 * 1024);
    large.take(std::string(150 * 1024, 'a'));
    EXPECT_EQ(large.segments.end(), (Place{2, 50 * 1024}));
}

TEST(Segments, KnowThePlaceBehindSoManyBytesOverTheirEnds) {
    Pool pool(small_pool);
    pool.take(std::string(2 * segment + 100, 'a'));
    const auto &segments = pool.segments;
    EXPECT_EQ(segments.advance({1, 0}, 0), (Place{1, 0}));
    EXPECT_EQ(segments.advance({1, 10}, segment - 11), (Place{1, segment - 1}));
    EXPECT_EQ(segments.advance({1, 0}, segment), (Place{2, 0}));
    EXPECT_EQ(segments.advance({1, 10}, segment - 9), (Place{2, 1}));
    EXPECT_EQ(segments.advance({1, 0}, 2 * segment), (Place{3, 0}));
    EXPECT_EQ(segments.advance({1, 0}, 2 * segment + 99), (Place{3, 99}));
    EXPECT_EQ(segments.advance({1, 0}, 2 * segment + 100), segments.end());
    EXPECT_EQ(segments.advance({3, 40}, 60), (Place{3, 100}));
}

TEST(Segments, KnowHowManyBytesFollowAPlace) {
    Pool pool(small_pool);
    pool.take(std::string(2 * segment + 100, 'a'));
    EXPECT_EQ(pool.segments.size_after({1, 0}), 2 * segment + 100);
    EXPECT_EQ(pool.segments.size_after({1, segment - 1}), segment + 101);
    EXPECT_EQ(pool.segments.size_after({3, 99}), 1u);
    EXPECT_EQ(pool.segments.size_after(pool.segments.end()), 0u);
}

TEST(Segments, HoldExactlyAsMuchAsTheyMay) {
    // Eight segments and seven bytes.
    constexpr std::uint64_t limit = small_pool + 1007;
    Pool pool(limit);
    const std::string bytes = numbered_lines(limit + 5000);
    pool.fifo.write(bytes);
    EXPECT_EQ(take_all(pool), Taken::limit);
    EXPECT_EQ(pool.segments.size(), limit);
    EXPECT_EQ(pool.bytes_after({1, 0}), bytes.substr(0, limit));
}

TEST(Segments, TakeTheRestWhenWhatIsStoredHasMadeRoom) {
    Pool pool(small_pool);
    const std::string bytes = numbered_lines(small_pool + 5000);
    pool.fifo.write(bytes);
    take_all(pool);
    const Place stored = pool.segments.end();
    EXPECT_TRUE(pool.segments.release_until(stored));
    EXPECT_EQ(take_all(pool), Taken::nothing);
    EXPECT_EQ(pool.bytes_after(stored), bytes.substr(small_pool));
    EXPECT_EQ(pool.segments.size(), 5000u);
}

TEST(Segments, ReleaseOnlyWhatIsWhollyStored) {
    Pool pool(small_pool);
    pool.take(std::string(2 * segment, 'a') + "tail\n");
    EXPECT_FALSE(pool.segments.release_until({1, segment - 1}));
    EXPECT_EQ(pool.segments.size(), 2 * segment + 5);
    EXPECT_TRUE(pool.segments.release_until({2, segment - 1}));
    EXPECT_EQ(pool.segments.begin(), (Place{2, 0}));
    EXPECT_EQ(pool.segments.size(), segment + 5);
    EXPECT_EQ(files_in(pool.folder / "pool"),
              (std::vector<std::string>{"0000000000000002.lines", "0000000000000003.lines"}));
    EXPECT_TRUE(pool.segments.release_until({2, segment}));
    EXPECT_EQ(files_in(pool.folder / "pool"), std::vector<std::string>{"0000000000000003.lines"});
    EXPECT_EQ(pool.bytes_after({3, 0}), "tail\n");
}

TEST(Segments, ReadFromAPlaceThatWasReleasedWhatIsStillThere) {
    Pool pool(small_pool);
    pool.take(std::string(segment, 'a') + "b\n");
    pool.segments.release_until({2, 0});
    EXPECT_EQ(pool.bytes_after({1, 10}), "b\n");
}

TEST(Segments, KeepTheLastOneSoThatItsNumberIsNotUsedAgain) {
    Pool pool(small_pool);
    pool.take("a\n");
    EXPECT_FALSE(pool.segments.release_until(pool.segments.end()));
    EXPECT_EQ(pool.segments.end(), (Place{1, 2}));
    EXPECT_EQ(files_in(pool.folder / "pool"), std::vector<std::string>{"0000000000000001.lines"});
}

TEST(Segments, NeverUseANumberTwiceHoweverMuchIsReleased) {
    Pool pool(small_pool);
    Place last = pool.segments.end();
    for (int round = 0; round < 50; ++round) {
        pool.take(std::string(segment, 'a'));
        EXPECT_LT(last, pool.segments.end());
        last = pool.segments.end();
        pool.segments.release_until(last);
    }
    EXPECT_LE(files_in(pool.folder / "pool").size(), 2u);
    EXPECT_GE(last.segment, 50u);
}

TEST(Segments, KeepNumbersSizeAndBytesOverARestart) {
    const TempDir folder;
    Fifo fifo(folder / "fifo");
    const std::string bytes = numbered_lines(segment) + "tail\n";
    {
        Segments before(folder / "pool", small_pool);
        fifo.write(std::string(segment, 'x') + bytes);
        take_all(before, fifo);
        before.release_until({2, 0});
    }
    Segments after(folder / "pool", small_pool);
    EXPECT_EQ(after.begin(), (Place{2, 0}));
    // A place is not used twice, though the end of the last file may have been lost.
    EXPECT_EQ(after.end(), (Place{4, 0}));
    EXPECT_EQ(after.end_at_open(), (Place{4, 0}));
    EXPECT_EQ(after.size(), segment + 5);
    std::string read(6000, '?');
    read.resize(after.read({2, 0}, read));
    EXPECT_EQ(read, bytes);
    fifo.write("more\n");
    EXPECT_EQ(after.take_from(fifo.get()), Taken::some);
    EXPECT_EQ(after.end(), (Place{4, 5}));
    EXPECT_EQ(after.end_at_open(), (Place{4, 0}));
}

TEST(Segments, AreTakenInTheOrderOfTheirNumbersAfterARestart) {
    const TempDir folder;
    std::filesystem::create_directory(folder / "pool");
    test::write_file(folder / "pool/0000000000000010.lines", "ten\n");
    test::write_file(folder / "pool/0000000000000009.lines", "nine\n");
    test::write_file(folder / "pool/0000000000000011.lines", "eleven\n");
    test::write_file(folder / "pool/stream", "something else\n");
    const Segments segments(folder / "pool", small_pool);
    std::string read(100, '?');
    read.resize(segments.read(segments.begin(), read));
    EXPECT_EQ(read, "nine\nten\neleven\n");
    EXPECT_EQ(segments.end(), (Place{12, 0}));
}

TEST(Segments, MakeRoomOfWhatIsStoredInAFileThatAnEarlierProcessLeft) {
    const TempDir folder;
    Fifo fifo(folder / "fifo");
    std::filesystem::create_directory(folder / "pool");
    const std::string stored = numbered_lines(small_pool + 999) + "\n";
    test::write_file(folder / "pool/0000000000000001.lines", stored + "half a line");
    Segments segments(folder / "pool", small_pool);
    segments.release_until({1, stored.size()});
    fifo.write(" and its end\n");
    EXPECT_EQ(segments.take_from(fifo.get()), Taken::some);
    std::string read(100, '?');
    read.resize(segments.read({1, stored.size()}, read));
    EXPECT_EQ(read, "half a line and its end\n");
}

TEST(Segments, DoNotLoseWhatIsTakenBehindTheHighestNumber) {
    const TempDir folder;
    Fifo fifo(folder / "fifo");
    std::filesystem::create_directory(folder / "pool");
    test::write_file(folder / "pool/18446744073709551615.lines", std::string(segment - 1, 'x') + "\n");
    fifo.write("taken\n");
    {
        Segments before(folder / "pool", small_pool);
        EXPECT_EQ(take_all(before, fifo), Taken::nothing);
    }
    const Segments after(folder / "pool", small_pool);
    std::string read(2 * segment, '?');
    read.resize(after.read(after.begin(), read));
    EXPECT_TRUE(read.ends_with("taken\n"));
}

TEST(Segments, SayThatOneBecameShorterBehindTheirBack) {
    Pool pool;
    pool.take("abcdef\n");
    ASSERT_EQ(::truncate((pool.folder / "pool/0000000000000001.lines").c_str(), 3), 0);
    char bytes[16];
    EXPECT_THROW(pool.segments.read({1, 0}, bytes), Error);
}

TEST(Segments, DoNotFollowALink) {
    const TempDir folder;
    std::filesystem::create_directory(folder / "pool");
    test::write_file(folder / "elsewhere", "");
    std::filesystem::create_symlink(folder / "elsewhere", folder / "pool/0000000000000001.lines");
    EXPECT_THROW(Segments(folder / "pool", small_pool), SystemError);
}

TEST(Segments, SayThatTheirFolderCannotBeMade) {
    EXPECT_THROW(Segments("/proc/none/pool", small_pool), SystemError);
}

TEST(Segments, TakeANewLimitWhileTheyAreInUse) {
    Pool pool(small_pool);
    pool.fifo.write(std::string(small_pool + 1000, 'a'));
    ASSERT_EQ(take_all(pool), Taken::limit);
    pool.segments.set_max_bytes(2 * small_pool);
    EXPECT_EQ(take_all(pool), Taken::nothing);
    EXPECT_EQ(pool.segments.size(), small_pool + 1000);
    pool.segments.set_max_bytes(small_pool);
    pool.fifo.write("b");
    EXPECT_EQ(pool.segments.take_from(pool.fifo.get()), Taken::limit);
}

TEST(Segments, CanBeSyncedAgainAndAgain) {
    Pool pool(small_pool);
    pool.segments.sync();
    pool.take(std::string(5000, 'a') + "b\n");
    pool.segments.sync();
    pool.segments.sync();
    EXPECT_EQ(pool.segments.size(), 5002u);
}

/// A file system that is soon full; root can have one.
class SmallDisk {
public:
    explicit SmallDisk(const char *size) {
        mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) == 0;
    }
    ~SmallDisk() {
        if (mounted_)
            ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk &) = delete;
    SmallDisk &operator=(const SmallDisk &) = delete;

    bool is_there() const noexcept { return mounted_; }
    std::string operator/(std::string_view name) const { return folder_ / name; }

private:
    TempDir folder_;
    bool mounted_ = false;
};

TEST(Segments, SayThatTheDiskIsFullAndGoOnWhenWhatIsStoredIsReleased) {
    const SmallDisk disk("32k");
    if (!disk.is_there())
        GTEST_SKIP() << "needs root, to mount a small file system";
    const TempDir folder;
    Fifo fifo(folder / "fifo");
    Segments segments(disk / "pool", 2 * small_pool);
    const std::string bytes = numbered_lines(300'000);
    fifo.write(bytes);

    std::string taken;
    for (Place stored = segments.begin(); taken.size() < bytes.size(); stored = segments.end()) {
        const Taken why = take_all(segments, fifo);
        std::string piece(segments.size_after(stored), '?');
        piece.resize(segments.read(stored, piece));
        ASSERT_FALSE(piece.empty()) << "stuck after " << taken.size() << " bytes";
        taken += piece;
        ASSERT_EQ(why, taken.size() < bytes.size() ? Taken::failed : Taken::nothing);
        if (why == Taken::failed) {
            EXPECT_TRUE(segments.failure().ends_with(": No space left on device")) << segments.failure();
        }
        segments.release_until(segments.end());
    }
    EXPECT_EQ(taken, bytes);
}

TEST(Segments, MakeRoomOfWhatIsStoredInTheLastFileOnAFullDisk) {
    const SmallDisk disk("64k");
    if (!disk.is_there())
        GTEST_SKIP() << "needs root, to mount a small file system";
    const TempDir folder;
    Fifo fifo(folder / "fifo");
    std::string rest = numbered_lines(8'000);
    Place stored;
    {
        Segments segments(disk / "pool", 32 * small_pool);
        fifo.write(numbered_lines(13'000) + "half");
        ASSERT_EQ(take_all(segments, fifo), Taken::nothing);
        const UniqueFd ballast{::open((disk / "ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
        while (::write(ballast.get(), std::string(4096, 'x').data(), 4096) > 0)
            continue;
        fifo.write(rest);
        EXPECT_EQ(take_all(segments, fifo), Taken::failed);
        rest = "half" + rest;
        stored = {1, 13'000}; // the half line is not
        segments.release_until(stored);
        EXPECT_EQ(take_all(segments, fifo), Taken::nothing);
        EXPECT_EQ(segments.size(), segments.end().offset - 3 * 4096);
        EXPECT_EQ(segments.begin(), (Place{1, 3ul * 4096}));
        EXPECT_EQ(read_after(segments, stored), rest);
    }
    const Segments again(disk / "pool", 32 * small_pool);
    EXPECT_EQ(again.begin(), (Place{1, 3ul * 4096}));
    EXPECT_EQ(read_after(again, stored), rest);
}

TEST(Segments, MakeRoomOfWhatIsStoredInTheLastFileWhereTheLimitBecameSmaller) {
    Pool pool;
    pool.take(numbered_lines(100'000) + "half");
    pool.segments.set_max_bytes(64 * 1024);
    pool.fifo.write(" a line\n");
    EXPECT_EQ(take_all(pool), Taken::limit) << "nothing is stored";
    pool.segments.release_until({1, 100'000});
    EXPECT_EQ(take_all(pool), Taken::nothing);
    EXPECT_EQ(read_after(pool.segments, {1, 100'000}), "half a line\n");
}

TEST(Segments, RemoveLaterWhatCouldNotBeRemoved) {
    Pool pool(small_pool);
    pool.take(numbered_lines(8 * segment - 10));
    const std::string first = pool.folder / "pool/0000000000000001.lines";
    std::filesystem::remove(first);
    std::filesystem::create_directory(first); // unlink(2) refuses it
    pool.segments.release_until({7, 0});
    EXPECT_EQ(pool.segments.begin(), (Place{1, 0}));
    pool.fifo.write(numbered_lines(100));
    EXPECT_EQ(take_all(pool), Taken::limit);
    std::filesystem::remove(first);
    EXPECT_EQ(take_all(pool), Taken::nothing);
    EXPECT_EQ(pool.segments.begin(), (Place{7, 0}));
}

TEST(Segments, ReleaseWhatIsStoredThoughTheDiskHasNoRoomForANewFile) {
    const SmallDisk disk("64k,nr_inodes=7"); // the root, the folder, and five files
    if (!disk.is_there())
        GTEST_SKIP() << "needs root, to mount a small file system";
    const TempDir folder;
    Fifo fifo(folder / "fifo");
    Segments segments(disk / "pool", small_pool);
    fifo.write(numbered_lines(5 * segment));
    EXPECT_EQ(take_all(segments, fifo), Taken::failed); // the sixth file cannot be made
    ASSERT_EQ(segments.end(), (Place{5, segment}));
    EXPECT_TRUE(segments.release_until(segments.end()));
    EXPECT_LE(segments.size(), segment);
}

TEST(Segments, TakeATenthOfASmallDiskUnlessTheyAreToldOtherwise) {
    const SmallDisk disk("1000k");
    if (!disk.is_there())
        GTEST_SKIP() << "needs root, to mount a small file system";
    const Segments segments(disk / "pool", std::nullopt);
    EXPECT_EQ(segments.max_bytes(), 102'400u);
}

TEST(Segments, TakeNoMoreThan256MiBUnlessTheyAreToldOtherwise) {
    const TempDir folder;
    const Segments segments(folder / "pool", std::nullopt);
    EXPECT_LE(segments.max_bytes(), 256u * 1024 * 1024);
    EXPECT_GT(segments.max_bytes(), 0u);
}

} // namespace
} // namespace iptracking
