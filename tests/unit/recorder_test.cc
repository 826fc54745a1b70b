// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/recorder.h"

#include "base/error.h"
#include "base/log.h"
#include "fake_database.h"
#include "support.h"

#include <cstdio>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

using namespace std::chrono_literals;
using Users = std::vector<std::string>;

std::string line_of(const std::string &user) {
    return "iptracking/1 event=auth time=5 user=" + user + "\n";
}

Users numbered(int first, int last) {
    Users users;
    for (int i = first; i <= last; ++i)
        users.push_back(std::to_string(i));
    return users;
}

std::string lines_of(const Users &users) {
    std::string lines;
    for (const std::string &user : users)
        lines += line_of(user);
    return lines;
}

class RecorderTest : public testing::Test {
protected:
    RecorderTest() {
        set_log_level(Level::error); // what it says is tested where it matters
    }
    ~RecorderTest() override { set_log_level(Level::info); }

    /// What a process has; it ends without a word at restart().
    struct Process {
        explicit Process(RecorderTest &test)
            : pool(test.folder.path(), 64 * 1024),
              recorder(loop, test.config, test.folder.path(), pool, counts,
                       {.on_released = [&test] { ++test.released; }, .on_changed = [&test] { ++test.changed; }}) {}
        EventLoop loop;
        Pool pool;
        RecorderCounts counts;
        Recorder recorder;
    };

    void restart() { process.reset(); }

    Process &running() {
        if (!process)
            process = std::make_unique<Process>(*this);
        return *process;
    }

    /// Into the pool, and the recorder is told.
    void take(const std::string &bytes) {
        fifo.write(bytes);
        while (running().pool.segments.take_from(fifo.get()) == Segments::Taken::some)
            continue;
        running().recorder.more();
    }

    /// Until nothing is left to do but to wait for time to pass.
    void settle() {
        sd_event *const event = running().loop.get();
        while (sd_event_get_state(event) == SD_EVENT_INITIAL && sd_event_run(event, 0) > 0)
            continue;
        if (sd_event_get_state(event) != SD_EVENT_INITIAL)
            running().loop.run(); // throws what a callback threw
    }

    /// Lets time pass, too.
    void run_until(const std::function<bool()> &reached) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!reached()) {
            ASSERT_LT(std::chrono::steady_clock::now(), end) << "nothing happened";
            ASSERT_GE(sd_event_run(running().loop.get(), 1'000'000), 0);
        }
    }

    void look_again() {
        database.look_again();
        settle();
    }

    bool finish(Recorder::Ending ending, std::chrono::milliseconds at_most = 1h) {
        finished = 0;
        running().recorder.finish_then(
            ending, [this] { ++finished; }, at_most);
        settle();
        return finished == 1;
    }

    const RecorderState &said() { return running().recorder.state(); }

    test::TempDir folder;
    test::Fifo fifo{folder / "fifo"};
    test::FakeDatabase database;
    Config config;
    int released = 0, changed = 0, finished = 0;
    std::unique_ptr<Process> process;
};

TEST_F(RecorderTest, StoresWhatIsTaken) {
    settle();
    EXPECT_TRUE(said().ready);
    take(lines_of({"a", "b"}));
    settle();
    EXPECT_EQ(database.users, (Users{"a", "b"}));
    EXPECT_EQ(running().counts.stored, 2u);
    EXPECT_EQ(said().trouble, "");
    EXPECT_EQ(running().pool.backlog.bytes(), 0u);
}

TEST_F(RecorderTest, StoresWhatAnEarlierProcessHasTaken) {
    database.away = true;
    take(lines_of({"a", "b"}));
    settle();
    restart();
    database.away = false;
    settle();
    EXPECT_EQ(database.users, (Users{"a", "b"}));
}

TEST_F(RecorderTest, GoesOnAfterARestartWhereItWas) {
    take(lines_of({"a"}));
    settle();
    restart();
    take(lines_of({"b"}));
    settle();
    EXPECT_EQ(database.users, (Users{"a", "b"}));
}

TEST_F(RecorderTest, StoresNothingTwiceIfItIsKilledBeforeItHearsOfTheCommit) {
    database.holding = true;
    take(lines_of({"a"}));
    settle();
    // The commit came through; this process never heard of it.
    database.places[running().pool.stream.id()] = running().pool.segments.end();
    restart();
    database.holding = false;
    take(lines_of({"b"}));
    settle();
    EXPECT_EQ(database.users, Users{"b"});
}

TEST_F(RecorderTest, StoresNothingTwiceIfTheConnectionIsLostJustAfterTheCommit) {
    settle();
    database.loses_answers = true;
    take(lines_of({"a", "b"}));
    run_until([&] { return database.starts == 2 && said().ready; });
    take(lines_of({"c"}));
    settle();
    EXPECT_EQ(database.users, (Users{"a", "b", "c"}));
}

TEST_F(RecorderTest, LeavesHalfALineUntilItIsWhole) {
    take(line_of("a") + "iptracking/1 event=auth us");
    settle();
    EXPECT_EQ(database.users, Users{"a"});
    take("er=b\n");
    settle();
    EXPECT_EQ(database.users, (Users{"a", "b"}));
}

TEST_F(RecorderTest, GivesTheDriverNoMoreEventsThanItsBatchesShouldHave) {
    database.batch_limit = 4;
    take(lines_of(numbered(1, 10)));
    settle();
    EXPECT_EQ(database.users, numbered(1, 10));
    EXPECT_EQ(database.sizes, (std::vector<std::size_t>{4, 4, 2}));
}

TEST_F(RecorderTest, KeepsNoMoreRecordsInMemoryThanItMay) {
    config.pool.records = {.min = 1, .max = 5, .delta = 1};
    database.most_in_flight = 4;
    database.batch_limit = 3;
    take(lines_of(numbered(1, 20)));
    settle();
    EXPECT_EQ(database.users, numbered(1, 20));

    database.holding = true;
    take(lines_of(numbered(21, 40)));
    settle();
    EXPECT_EQ(database.events_in_flight, 5u);
    database.holding = false;
    look_again();
    EXPECT_EQ(database.users, numbered(1, 40));
}

TEST_F(RecorderTest, StoresInTheirOrderTheBatchesThatAreInFlightTogether) {
    database.most_in_flight = 3;
    database.batch_limit = 2;
    settle();
    database.holding = true;
    take(lines_of(numbered(1, 9)));
    settle();
    EXPECT_EQ(database.events_in_flight, 6u);
    database.holding = false;
    look_again();
    EXPECT_EQ(database.users, numbered(1, 9));
}

TEST_F(RecorderTest, ReleasesSegmentsThatAreStoredAndSaysSo) {
    settle();
    for (int i = 0; i < 10; ++i) {
        take(line_of(std::string(4000, 'x')));
        settle();
    }
    EXPECT_GT(running().pool.segments.begin().segment, 1u);
    EXPECT_LT(running().pool.segments.size(), 10u * 4000);
    EXPECT_GT(released, 0);
}

TEST_F(RecorderTest, ReleasesNothingThatIsNotStored) {
    settle();
    database.holding = true;
    take(line_of(std::string(4000, 'x')) + line_of(std::string(4000, 'y')) + line_of(std::string(4000, 'z')));
    settle();
    EXPECT_EQ(running().pool.segments.begin(), (Place{1, 0}));
    EXPECT_EQ(released, 0);
    EXPECT_GT(running().pool.backlog.bytes(), 12'000u);
}

TEST_F(RecorderTest, KeepsEventsWhileTheDatabaseIsAwayAndStoresThemWhenItIsBack) {
    database.away = true;
    take(lines_of({"a"}));
    settle();
    EXPECT_FALSE(said().ready);
    EXPECT_EQ(said().trouble, "the database is away");
    take(lines_of({"b"}));
    settle();
    EXPECT_TRUE(database.users.empty());
    database.away = false;
    run_until([&] { return running().counts.stored == 2; });
    EXPECT_EQ(database.users, (Users{"a", "b"}));
    EXPECT_EQ(said().trouble, "");
}

TEST_F(RecorderTest, LooksForALostDatabaseAtOnceAndThenSeldom) {
    database.away = true;
    const auto begin = std::chrono::steady_clock::now();
    settle();
    run_until([&] { return database.starts == 3; });
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms);
    for (int i = 0; i < 100; ++i)
        take(line_of("a"));
    settle();
    EXPECT_EQ(database.starts, 3) << "a new event is no reason to look again";
}

TEST_F(RecorderTest, LooksAtOnceAgainInTheNextOutageThoughNothingWasStoredBetween) {
    database.away = true;
    settle();
    run_until([&] { return database.starts == 3; });
    database.away = false;
    run_until([&] { return said().ready; });
    const int starts = database.starts;
    database.away = true;
    look_again(); // the driver has lost it
    const auto begin = std::chrono::steady_clock::now();
    run_until([&] { return database.starts > starts; });
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 400ms);
}

TEST_F(RecorderTest, SaysThatItWorksOnlyWhenSomethingIsStoredAgain) {
    database.away = true;
    take(lines_of({"a"}));
    settle();
    database.away = false;
    database.locked = true;
    run_until([&] { return said().ready; });
    EXPECT_NE(said().trouble, "");
    database.locked = false;
    look_again();
    EXPECT_EQ(said().trouble, "");
}

TEST_F(RecorderTest, CountsDamageOnceThoughTheBatchIsReadAgain) {
    settle();
    database.holding = true;
    take("garbage\n" + line_of("a") + "more\n");
    settle();
    database.holding = false;
    database.away = true;
    look_again();
    database.away = false;
    run_until([&] { return running().counts.stored == 1; });
    EXPECT_EQ(running().pool.damage.count(), 2u);
}

TEST_F(RecorderTest, KnowsHowManyLinesWait) {
    settle();
    database.holding = true;
    take(lines_of({"a", "b"}) + "garbage\n" + line_of("c"));
    settle();
    EXPECT_EQ(running().pool.backlog.lines(), 4u);
    restart();
    database.holding = false;
    database.away = true;
    settle();
    EXPECT_EQ(running().pool.backlog.lines(), 4u);
    take(lines_of({"d"}));
    EXPECT_EQ(running().pool.backlog.lines(), 5u);
    database.away = false;
    run_until([&] { return running().counts.stored == 4; });
    EXPECT_EQ(running().pool.backlog.lines(), 0u);
    EXPECT_EQ(running().pool.segments.lines_taken(), 1u);
}

TEST_F(RecorderTest, SaysThatTheDatabaseIsBackThoughOnlyHalfALineWaits) {
    database.away = true;
    take("half");
    settle();
    EXPECT_NE(said().trouble, "");
    database.away = false;
    run_until([&] { return said().trouble.empty(); });
    EXPECT_EQ(running().pool.backlog.bytes(), 4u);
}

TEST_F(RecorderTest, KnowsTheTimeOfTheNewestEvent) {
    settle();
    take("iptracking/1 event=auth time=8 user=a\niptracking/1 event=auth time=6 user=b\n");
    settle();
    EXPECT_EQ(running().counts.newest_usec, 8);
}

TEST_F(RecorderTest, StoresOnceWhatWasInFlightWhenTheDatabaseWentAway) {
    database.most_in_flight = 3;
    database.batch_limit = 2;
    settle();
    database.holding = true;
    take(lines_of(numbered(1, 9)));
    settle();
    database.holding = false;
    database.away = true;
    look_again();
    database.away = false;
    run_until([&] { return running().counts.stored == 9; });
    EXPECT_EQ(database.users, numbered(1, 9));
}

TEST_F(RecorderTest, SaysThatItWaitsForALockAndThatItNoLongerDoes) {
    settle();
    database.locked = true;
    take(lines_of({"a"}));
    settle();
    EXPECT_EQ(said().trouble, "the database is locked");
    EXPECT_TRUE(said().ready);
    database.locked = false;
    look_again();
    EXPECT_EQ(said().trouble, "");
    EXPECT_EQ(database.users, Users{"a"});
}

TEST_F(RecorderTest, SetsAsideTheOneRecordThatTheDatabaseRefusesAndStoresAllOthers) {
    database.refused_user = "57";
    take(lines_of(numbered(1, 100)));
    settle();
    Users expected = numbered(1, 100);
    expected.erase(expected.begin() + 56);
    EXPECT_EQ(database.users, expected);
    EXPECT_EQ(running().counts.skipped, 1u);
    EXPECT_EQ(running().counts.stored, 99u);
    EXPECT_EQ(test::read_file(folder / "damaged"), line_of("57"));
}

TEST_F(RecorderTest, SetsAsideARefusedRecordThatIsInFlightWithOthers) {
    database.most_in_flight = 4;
    database.batch_limit = 5;
    database.refused_user = "7";
    take(lines_of(numbered(1, 40)));
    settle();
    Users expected = numbered(1, 40);
    expected.erase(expected.begin() + 6);
    EXPECT_EQ(database.users, expected);
    EXPECT_EQ(running().counts.skipped, 1u);
}

TEST_F(RecorderTest, MakesItsBatchesLargeAgainAfterARefusedRecord) {
    database.refused_user = "57";
    take(lines_of(numbered(1, 100)));
    settle();
    database.sizes.clear();
    take(lines_of(numbered(101, 900)));
    settle();
    EXPECT_EQ(running().counts.stored, 899u);
    EXPECT_LT(database.sizes.size(), 10u);
}

TEST_F(RecorderTest, KeepsMostOfTheEventsOfADatabaseThatRefusesAll) {
    database.refuses_all = true;
    take(lines_of(numbered(1, 1000)));
    run_until([&] { return running().counts.skipped > 16; }); // not before it has looked again
    EXPECT_EQ(said().trouble, "no such user can be stored");
    EXPECT_LT(running().counts.skipped, 20u);
    database.refuses_all = false;
    run_until([&] { return running().pool.backlog.bytes() == 0; });
    EXPECT_EQ(running().counts.stored, 1000u - running().counts.skipped);
    EXPECT_EQ(said().trouble, "");
}

TEST_F(RecorderTest, GetsPastManyRecordsInARowThatAreRefused) {
    database.refused_user = "a";
    Users users(18, "a");
    users.push_back("b");
    take(lines_of(users));
    run_until([&] { return running().pool.backlog.bytes() == 0; });
    EXPECT_EQ(database.users, Users{"b"});
    EXPECT_EQ(running().counts.skipped, 18u);
}

TEST_F(RecorderTest, SetsAsideARefusedRecordOnlyOnceThoughItIsTheLast) {
    database.refused_user = "b";
    take(lines_of({"a", "b"}));
    settle();
    EXPECT_EQ(running().pool.backlog.bytes(), 0u);
    restart();
    settle();
    EXPECT_EQ(test::read_file(folder / "damaged"), line_of("b"));
}

TEST_F(RecorderTest, GivesADatabaseThatDoesNotKnowTheStreamWhatFollows) {
    take(lines_of({"a", "b"}));
    settle();
    database.places.clear(); // another driver, a new file
    database.users.clear();
    restart();
    take(lines_of({"c"}));
    settle();
    EXPECT_EQ(database.users, Users{"c"});
}

TEST_F(RecorderTest, GivesTheFirstDatabaseAllThatIsInThePool) {
    database.away = true;
    take(lines_of({"a"}));
    settle();
    restart();
    take(lines_of({"b"}));
    database.away = false;
    run_until([&] { return running().counts.stored == 2; });
    EXPECT_EQ(database.users, (Users{"a", "b"}));
}

TEST_F(RecorderTest, GivesADatabaseThatWasPutBackAgainWhatThePoolStillHas) {
    take(lines_of({"a"}));
    settle();
    const auto places = database.places;
    const Users users = database.users;
    take(lines_of({"b"}));
    settle();
    database.places = places; // a backup was put back
    database.users = users;
    restart();
    take(lines_of({"c"}));
    settle();
    EXPECT_EQ(database.users, (Users{"a", "b", "c"}));
}

TEST_F(RecorderTest, BeginsANewStreamIfThePoolWasPutBack) {
    take(lines_of({"a"}));
    settle();
    const std::string before = running().pool.stream.id();
    database.places[before] = {3, 4000}; // it has stored what the pool no longer knows of
    restart();
    take(lines_of(numbered(1, 60)));
    settle();
    EXPECT_NE(running().pool.stream.id(), before);
    Users expected = numbered(1, 60);
    expected.insert(expected.begin(), "a");
    EXPECT_EQ(database.users, expected);
    EXPECT_EQ(database.places[running().pool.stream.id()], running().pool.segments.end());
}

/// What was stored is on the disk; what is not synced is not: the end of the pool, and the hint.
class PowerCut : public RecorderTest {
protected:
    /// `cut` has the file that the last line was taken into.  The database comes back only after a second start.
    void take_after(const std::function<void(const std::string &last_file)> &cut) {
        take(lines_of({"a"}));
        settle();
        restart();
        settle();
        const std::string hint = test::read_file(folder / "pool/stored");
        take(lines_of({"b"}));
        settle();
        char last_file[32];
        std::snprintf(last_file, sizeof(last_file), "/%016llu.lines",
                      static_cast<unsigned long long>(running().pool.segments.end().segment));
        restart();
        test::write_file(folder / "pool/stored", hint);
        cut(folder / "pool" + last_file);

        database.away = true;
        take(lines_of({"c"}));
        settle();
        restart();
        take(lines_of({"d"}));
        settle();
        restart();
        database.away = false;
        settle();
        EXPECT_EQ(database.users, (Users{"a", "b", "c", "d"}));
    }
};

TEST_F(PowerCut, ThatCutTheLastFileCostsNothingThatIsTakenAfterIt) {
    take_after([](const std::string &last) { test::write_file(last, line_of("b").substr(0, 10)); });
}

TEST_F(PowerCut, ThatEmptiedTheLastFileCostsNothingThatIsTakenAfterIt) {
    take_after([](const std::string &last) { test::write_file(last, ""); });
}

TEST_F(RecorderTest, CountsAndKeepsLinesThatCannotBeRead) {
    take("garbage\n" + line_of("a") + "more\n");
    settle();
    EXPECT_EQ(database.users, Users{"a"});
    EXPECT_EQ(running().pool.damage.count(), 2u);
    EXPECT_EQ(test::read_file(folder / "damaged"), "garbage\nmore\n");
    EXPECT_EQ(running().pool.backlog.bytes(), 0u);
}

TEST_F(RecorderTest, SaysTheFirstLineThatCannotBeReadAndNotAllOfThem) {
    set_log_level(Level::warning);
    testing::internal::CaptureStderr();
    take("first\x1b[1m\nsecond\n");
    settle();
    take("third\n");
    settle();
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_NE(text.find("a line cannot be read, column 1: neither 'iptracking/1' nor the comma form: 'first\\x1b[1m'"),
              text.npos)
        << text;
    EXPECT_EQ(text.find("second"), text.npos) << text;
    EXPECT_EQ(text.find("third"), text.npos) << text;
    EXPECT_EQ(running().pool.damage.count(), 3u);
}

TEST_F(RecorderTest, ThatFlushesStoresAllThatWasTakenBeforeItIsDone) {
    database.batch_limit = 1;
    take(lines_of(numbered(1, 20)) + "half a line");
    EXPECT_TRUE(finish(Recorder::Ending::flush));
    EXPECT_EQ(database.users, numbered(1, 20));
}

TEST_F(RecorderTest, ThatFlushesAtOnceStoresWhatAnEarlierProcessHasTaken) {
    database.away = true;
    take(lines_of({"a"}));
    settle();
    restart();
    database.away = false;
    EXPECT_TRUE(finish(Recorder::Ending::flush));
    EXPECT_EQ(database.users, Users{"a"});
}

TEST_F(RecorderTest, ThatSettlesOnlyWaitsForWhatTheDriverHas) {
    database.batch_limit = 2;
    settle();
    database.holding = true;
    take(lines_of(numbered(1, 6)));
    settle();
    EXPECT_FALSE(finish(Recorder::Ending::settle));
    database.holding = false;
    look_again();
    EXPECT_EQ(finished, 1);
    EXPECT_EQ(database.users, numbered(1, 2));
}

TEST_F(RecorderTest, IsDoneAtOnceWhereNothingIsToDo) {
    settle();
    EXPECT_TRUE(finish(Recorder::Ending::flush));
    EXPECT_TRUE(finish(Recorder::Ending::settle));
}

TEST_F(RecorderTest, IsDoneAtOnceWhereTheDatabaseIsAwayOrLocked) {
    settle();
    database.locked = true;
    take(lines_of({"a"}));
    EXPECT_TRUE(finish(Recorder::Ending::flush));
    database.away = true;
    look_again();
    EXPECT_TRUE(finish(Recorder::Ending::flush));
    restart();
    EXPECT_TRUE(finish(Recorder::Ending::flush));
    EXPECT_TRUE(database.users.empty());
}

TEST_F(RecorderTest, IsDoneAfterItsTimeWhateverTheDatabaseDoes) {
    settle();
    database.holding = true;
    take(lines_of({"a"}));
    finish(Recorder::Ending::flush, 1ms);
    run_until([&] { return finished == 1; });
}

TEST_F(RecorderTest, IsDoneOnlyOnce) {
    database.holding = true;
    take(lines_of({"a"}));
    EXPECT_FALSE(finish(Recorder::Ending::flush));
    database.holding = false;
    look_again();
    take(lines_of({"b"}));
    settle();
    EXPECT_EQ(finished, 1);
}

TEST_F(RecorderTest, SaysThatSomethingChanged) {
    settle();
    changed = 0;
    take(lines_of({"a"}));
    settle();
    EXPECT_GE(changed, 1);
}

} // namespace
} // namespace iptracking
