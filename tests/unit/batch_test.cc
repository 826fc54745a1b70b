// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/batch.h"

#include "event/timestamp.h"
#include "line/format.h"
#include "support.h"

#include <filesystem>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

using namespace std::string_literals;

std::string line_of(const std::string &user) {
    return "iptracking/1 event=auth time=5 user=" + user + "\n";
}

class BatchTest : public testing::Test {
protected:
    struct Damaged {
        std::string text, reason;
        std::size_t column;
    };

    /// The next batch; true: something was read.
    bool fill_next(std::size_t records = SIZE_MAX) {
        std::size_t free_records = records;
        const bool filled = fill(
            batch, pool.segments, batch.to, SIZE_MAX, [&] { return free_records > 0 && free_records-- > 0; },
            [&](std::string_view text, const char *reason, std::size_t column) {
                damage.push_back({std::string(text), reason, column});
            });
        for (const Event &event : batch.events)
            users.emplace_back(batch.text(event, Text::user));
        return filled;
    }

    using Users = std::vector<std::string>;

    test::Pool pool;
    Batch batch{.bytes = {}, .events = {}, .from = {1, 0}, .to = {1, 0}};
    Users users; ///< of all batches
    std::vector<Damaged> damage;
};

TEST_F(BatchTest, IsEmptyWhereNothingWasTaken) {
    EXPECT_FALSE(fill_next());
    EXPECT_EQ(batch.to, (Place{1, 0}));
    EXPECT_TRUE(batch.events.empty());
}

TEST_F(BatchTest, HoldsTheEventsOfWholeLinesInTheirOrder) {
    pool.take(line_of("a") + line_of("b"));
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(users, (Users{"a", "b"}));
    EXPECT_EQ(batch.from, (Place{1, 0}));
    EXPECT_EQ(batch.to, pool.segments.end());
    EXPECT_FALSE(fill_next());
    EXPECT_TRUE(damage.empty());
}

TEST_F(BatchTest, GoesOnBehindTheLastOne) {
    pool.take(line_of("a"));
    fill_next();
    pool.take(line_of("b"));
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(batch.from, (Place{1, line_of("a").size()}));
    EXPECT_EQ(users, (Users{"a", "b"}));
    EXPECT_EQ(batch.events.size(), 1u);
}

TEST_F(BatchTest, LeavesHalfALineAtTheEndForLater) {
    const std::string line = line_of("bob");
    pool.take(line_of("a") + line.substr(0, 20));
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(batch.to, (Place{1, line_of("a").size()}));
    EXPECT_FALSE(fill_next());
    EXPECT_EQ(batch.to, (Place{1, line_of("a").size()}));
    pool.take(line.substr(20));
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(users, (Users{"a", "bob"}));
    EXPECT_TRUE(damage.empty());
}

TEST_F(BatchTest, SkipsEmptyLines) {
    pool.take("\n\n" + line_of("a") + "\n");
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(users, Users{"a"});
    EXPECT_EQ(batch.to, pool.segments.end());
    pool.take("\n\n");
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(batch.to, pool.segments.end());
    EXPECT_TRUE(batch.events.empty());
    EXPECT_TRUE(damage.empty());
}

TEST_F(BatchTest, ReportsLinesThatCannotBeReadAndKeepsTheOthers) {
    pool.take("garbage\n" + line_of("a") + "iptracking/1 event=auth sport=x\n" + line_of("b"));
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(users, (Users{"a", "b"}));
    ASSERT_EQ(damage.size(), 2u);
    EXPECT_EQ(damage[0].text, "garbage");
    EXPECT_EQ(damage[0].column, 1u);
    EXPECT_EQ(damage[1].text, "iptracking/1 event=auth sport=x");
    EXPECT_EQ(damage[1].reason, "not a port");
    EXPECT_EQ(damage[1].column, 31u);
}

TEST_F(BatchTest, ReachesBehindLinesThatCannotBeRead) {
    pool.take("garbage\nmore of it\n");
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(batch.to, pool.segments.end());
    EXPECT_TRUE(batch.events.empty());
    EXPECT_EQ(damage.size(), 2u);
}

TEST_F(BatchTest, KeepsTheGoodLineBehindHalfALineAndReportsTheHalf) {
    pool.take("iptracking/1 event=au" + line_of("a"));
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(users, Users{"a"});
    ASSERT_EQ(damage.size(), 1u);
    EXPECT_EQ(damage[0].text, "iptracking/1 event=au");
}

TEST_F(BatchTest, KeepsGoodLinesBetweenNuls) {
    const std::string nuls(1000, '\0');
    pool.take(nuls + line_of("a") + nuls + "\n" + line_of("b") + nuls + line_of("c"));
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(users, (Users{"a", "b", "c"}));
    EXPECT_EQ(damage.size(), 3u);
}

TEST_F(BatchTest, SkipsAnOverLongLineToItsEnd) {
    pool.take(line_of("a") + line_of(std::string(10'000, 'x')) + line_of("b"));
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(users, (Users{"a", "b"}));
    ASSERT_EQ(damage.size(), 1u);
    EXPECT_EQ(damage[0].reason, "longer than 4096 bytes");
}

TEST_F(BatchTest, GivesALineWithoutATimeTheTimeOfNow) {
    const std::int64_t before = now_usec();
    pool.take("iptracking/1 event=auth\n" + line_of("a"));
    fill_next();
    ASSERT_EQ(batch.events.size(), 2u);
    EXPECT_GE(batch.events[0].time_usec, before);
    EXPECT_LE(batch.events[0].time_usec, now_usec());
    EXPECT_EQ(batch.events[1].time_usec, 5);
}

TEST_F(BatchTest, EndsBeforeTheEventThatHasNoFreeRecord) {
    pool.take(line_of("a") + line_of("b") + line_of("c"));
    EXPECT_TRUE(fill_next(2));
    EXPECT_EQ(users, (Users{"a", "b"}));
    EXPECT_EQ(batch.to, (Place{1, 2 * line_of("a").size()}));
    EXPECT_TRUE(fill_next(2));
    EXPECT_EQ(users, (Users{"a", "b", "c"}));
}

TEST_F(BatchTest, ReadsNothingWithoutAFreeRecord) {
    pool.take(line_of("a"));
    EXPECT_FALSE(fill_next(0));
    EXPECT_EQ(batch.to, (Place{1, 0}));
    EXPECT_TRUE(fill_next(1));
    EXPECT_EQ(users, Users{"a"});
}

TEST_F(BatchTest, NeedsNoRecordForWhatCannotBeRead) {
    pool.take("garbage\n" + line_of("a"));
    EXPECT_TRUE(fill_next(0));
    EXPECT_EQ(batch.to, (Place{1, 8}));
    EXPECT_EQ(damage.size(), 1u);
    EXPECT_TRUE(fill_next(1));
    EXPECT_EQ(damage.size(), 1u) << "the same line was reported twice";
}

TEST_F(BatchTest, ReportsTheHalfLineInFrontOfAnEventOnlyTogetherWithTheEvent) {
    pool.take("half" + line_of("a"));
    EXPECT_FALSE(fill_next(0));
    EXPECT_TRUE(damage.empty());
    EXPECT_TRUE(fill_next(1));
    EXPECT_EQ(damage.size(), 1u);
}

TEST_F(BatchTest, FindsALineThatIsLongerThanItsFirstRead) {
    pool.take(std::string(200'000, 'x') + "\n" + line_of("a"));
    while (fill_next())
        continue;
    EXPECT_EQ(users, Users{"a"});
    ASSERT_EQ(damage.size(), 1u);
    EXPECT_EQ(damage[0].text.size(), 200'000u);
}

TEST_F(BatchTest, TakesAMebibyteWithoutANewlineForDamageAndKeepsTheLineAtItsEnd) {
    const std::string garbage(most_batch_bytes - 30, 'x');
    pool.take(garbage + line_of("a") + line_of("b"));
    while (fill_next())
        continue;
    EXPECT_EQ(users, (Users{"a", "b"}));
    EXPECT_EQ(batch.to, pool.segments.end());
    std::size_t damaged = 0;
    for (const Damaged &part : damage)
        damaged += part.text.size();
    EXPECT_EQ(damaged, garbage.size());
}

TEST_F(BatchTest, GetsThroughManyMebibytesWithoutANewline) {
    pool.take(std::string(5 * most_batch_bytes + 17, 'x') + "\n" + line_of("a"));
    int batches = 0;
    while (fill_next())
        ++batches;
    EXPECT_EQ(users, Users{"a"});
    EXPECT_EQ(batch.to, pool.segments.end());
    EXPECT_LE(batches, 8);
}

TEST_F(BatchTest, WaitsForTheEndOfALineThatIsShorterThan32Kibibytes) {
    pool.take(std::string(32 * 1024 - 1, 'x'));
    EXPECT_FALSE(fill_next());
    EXPECT_TRUE(damage.empty());
    EXPECT_EQ(batch.to, (Place{1, 0}));
}

TEST_F(BatchTest, LosesNoEventThatHasNoFreeRecordBehindAVeryLongLine) {
    // The good line at the end of the long one is read with it, and waits for a record.
    pool.take(std::string(300'000, 'x') + line_of("a") + line_of("b") + std::string(most_batch_bytes, 'y') + "\n");
    EXPECT_FALSE(fill_next(0));
    EXPECT_TRUE(damage.empty()) << damage[0].text.size() << " bytes: " << damage[0].reason;
    while (fill_next(1))
        continue;
    EXPECT_EQ(users, (Users{"a", "b"}));
}

TEST_F(BatchTest, HoldsAMebibyteOfLinesAtMost) {
    const std::string line = line_of(std::string(1000, 'x'));
    std::string lines;
    std::size_t count = 0;
    for (; lines.size() < 3 * most_batch_bytes; ++count)
        lines += line;
    pool.take(lines);
    while (fill_next())
        EXPECT_LE(batch.bytes.size(), most_batch_bytes);
    EXPECT_EQ(users.size(), count);
}

TEST_F(BatchTest, ReadsALineThatRunsOverTheEndOfASegment) {
    pool.segments.set_max_bytes(32 * 1024); // segments of 4 KiB
    const std::string line = line_of("runs-on");
    pool.take(line_of(std::string(4000, 'x')) + line_of("a") + line.substr(0, 30));
    pool.take(line.substr(30));
    ASSERT_EQ(pool.segments.end().segment, 2u);
    EXPECT_TRUE(fill_next());
    EXPECT_EQ(users, (Users{std::string(4000, 'x'), "a", "runs-on"}));
    EXPECT_EQ(batch.to, pool.segments.end());
}

TEST_F(BatchTest, DoesNotJoinTwoLinesOverASegmentThatIsMissing) {
    const test::TempDir folder;
    std::filesystem::create_directory(folder / "pool");
    test::write_file(folder / "pool/0000000000000001.lines",
                     line_of("a") + "iptracking/1 event=account time=5 user=ro");
    test::write_file(folder / "pool/0000000000000003.lines", "ot src=203.0.113.9\n" + line_of("b"));
    pool.segments = Segments(folder / "pool", std::nullopt);
    while (fill_next())
        continue;
    EXPECT_EQ(users, (Users{"a", "b"}));
    EXPECT_FALSE(damage.empty());
}

TEST_F(BatchTest, DoesNotWaitForTheEndOfALineWhereASegmentIsMissingAndTheNextIsEmpty) {
    const test::TempDir folder;
    std::filesystem::create_directory(folder / "pool");
    test::write_file(folder / "pool/0000000000000001.lines", line_of("a") + "iptracking/1 event=au");
    test::write_file(folder / "pool/0000000000000003.lines", "");
    test::write_file(folder / "pool/0000000000000004.lines", line_of("b"));
    pool.segments = Segments(folder / "pool", std::nullopt);
    while (fill_next())
        continue;
    EXPECT_EQ(users, (Users{"a", "b"}));
    EXPECT_FALSE(damage.empty());
}

TEST_F(BatchTest, TellsATextThatIsThereFromOneThatIsNot) {
    pool.take("iptracking/1 event=auth user= tty=pts/0\n");
    fill_next();
    ASSERT_EQ(batch.events.size(), 1u);
    EXPECT_NE(batch.text(batch.events[0], Text::user).data(), nullptr);
    EXPECT_EQ(batch.text(batch.events[0], Text::user), "");
    EXPECT_EQ(batch.text(batch.events[0], Text::tty), "pts/0");
    EXPECT_EQ(batch.text(batch.events[0], Text::ruser).data(), nullptr);
}

} // namespace
} // namespace iptracking
