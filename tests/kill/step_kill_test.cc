// SPDX-License-Identifier: GPL-2.0-or-later
// One step of the intake, killed with SIGKILL at every instruction: nothing is lost, nothing is doubled.
#include "pool/segments.h"
#include "support.h"
#include "take_once.h"
#include "traced_child.h"

#include <chrono>
#include <cstdio>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace iptracking_tee_and_discard::test {
void take_once(const std::string &, std::uint64_t, int, std::string_view, std::string_view,
               const std::function<void()> &);
}
namespace iptracking_read_and_write::test {
void take_once(const std::string &, std::uint64_t, int, std::string_view, std::string_view,
               const std::function<void()> &);
}

namespace iptracking::test {
namespace {

using TakeOnce = decltype(take_once);

struct Scenario {
    std::uint64_t max_bytes; ///< of the pool; a segment is an eighth of it
    std::size_t before;      ///< bytes that were taken already
    std::size_t sent;        ///< bytes in the pipe
    std::size_t segments;    ///< how many there are when nobody killed it
    std::size_t taken;       ///< what they hold then
};

struct Found {
    std::size_t kills = 0;
    std::size_t lost = 0;    ///< kills after which a line is missing
    std::size_t doubled = 0; ///< kills after which a line is there twice
    std::size_t other = 0;   ///< kills after which anything else is not as it was sent
    std::size_t partly = 0;  ///< kills that left a part of what was sent in the pipe
};

/// A pool and its pipe, up to the step that is killed and from there on.
class Life {
public:
    explicit Life(const Scenario &scenario) : scenario_(scenario), fifo_(folder_ / "fifo") {
        for (std::size_t number = 0; text_.size() < scenario.before + scenario.sent + 100; ++number)
            text_ += "line " + std::to_string(number) + "\n";
    }

    Segments open() const { return {folder_ / "pool", scenario_.max_bytes}; }

    void take(TakeOnce *take_once, const std::function<void()> &mark) const {
        const std::string_view text = text_;
        take_once(folder_ / "pool", scenario_.max_bytes, fifo_.get(), text.substr(0, scenario_.before),
                  text.substr(scenario_.before, scenario_.sent), mark);
    }

    /// As a daemon that is started again, with more in the pipe that was held open.
    void go_on(Found &found) {
        Segments segments = open();
        const std::uint64_t taken = segments.size() - scenario_.before;
        found.partly += taken > 0 && taken < scenario_.sent;
        fifo_.write(text_.substr(scenario_.before + scenario_.sent));
        while (segments.take_from(fifo_.get()) == Segments::Taken::some)
            continue;
        std::string received(segments.size(), '\0');
        received.resize(segments.read(segments.begin(), received));
        ++found.kills;
        if (received != text_)
            compare(received, found);
    }

private:
    void compare(const std::string &received, Found &found) const {
        std::map<std::string, std::size_t> times;
        for (const std::string &line : split(received, '\n'))
            ++times[line];
        bool lost = false, doubled = false;
        for (const std::string &line : split(text_, '\n')) {
            lost |= times[line] == 0;
            doubled |= times[line] > 1;
        }
        found.lost += lost;
        found.doubled += doubled;
        found.other += !lost && !doubled;
    }

    Scenario scenario_;
    TempDir folder_;
    Fifo fifo_;
    std::string text_;
};

void print(const Found &found) {
    const auto *test = testing::UnitTest::GetInstance()->current_test_info();
    std::printf("measured: %s.%s: %zu kills, %zu left a part in the pipe, %zu lost, %zu doubled\n",
                test->test_suite_name(), test->name(), found.kills, found.partly, found.lost, found.doubled);
}

/// Kills the step before each of its instructions, and behind the last.
Found kill_everywhere(const Scenario &scenario, TakeOnce *take_once) {
    // Not killed first: then all is bound that is bound late, and the step is the step.
    const Life whole(scenario);
    whole.take(take_once, [] {});
    EXPECT_EQ(whole.open().end(), (Place{scenario.segments + 1, 0}));
    EXPECT_EQ(whole.open().size(), scenario.taken);

    const auto child_of = [&](const Life &life) {
        return TracedChild([&](const auto &mark) { life.take(take_once, mark); });
    };
    const TracedChild::Path path = child_of(Life(scenario)).walk();
    Found found;
    for (std::size_t steps = 0; steps < path.size(); ++steps) {
        Life life(scenario);
        TracedChild child = child_of(life);
        child.run_to(path, steps);
        child.kill();
        life.go_on(found);
    }
    print(found);
    return found;
}

void expect_nothing_lost_and_nothing_doubled(const Found &found) {
    EXPECT_GT(found.kills, 0u);
    EXPECT_EQ(found.lost, 0u);
    EXPECT_EQ(found.doubled, 0u);
    EXPECT_EQ(found.other, 0u);
}

constexpr std::uint64_t small_pool = 64 * 1024; // segments of 8 KiB
constexpr Scenario an_append{small_pool, 70, 16, 1, 86};

TEST(AKillAtEachInstruction, OfAnAppendLosesAndDoublesNothing) {
    expect_nothing_lost_and_nothing_doubled(kill_everywhere(an_append, take_once));
}

TEST(AKillAtEachInstruction, WhereALineEndsInTheMiddleLosesAndDoublesNothing) {
    expect_nothing_lost_and_nothing_doubled(kill_everywhere({small_pool, 70, 19, 1, 89}, take_once));
}

TEST(AKillAtEachInstruction, WhereASegmentBeginsLosesAndDoublesNothing) {
    expect_nothing_lost_and_nothing_doubled(kill_everywhere({small_pool, 8192, 16, 2, 8208}, take_once));
}

TEST(AKillAtEachInstruction, WhereThePipeHoldsMoreThanIsTakenLosesAndDoublesNothing) {
    expect_nothing_lost_and_nothing_doubled(kill_everywhere({small_pool, 8176, 20000, 1, 8192}, take_once));
}

TEST(AKillAtEachInstruction, IsSeenToDoubleWhereTeeAndDiscardIsPlanted) {
    const Found found = kill_everywhere(an_append, iptracking_tee_and_discard::test::take_once);
    EXPECT_GT(found.doubled, 0u);
    EXPECT_EQ(found.lost, 0u);
}

TEST(AKillAtEachInstruction, IsSeenToLoseWhereReadAndWriteIsPlanted) {
    const Found found = kill_everywhere(an_append, iptracking_read_and_write::test::take_once);
    EXPECT_GT(found.lost, 0u);
    EXPECT_EQ(found.doubled, 0u);
}

TEST(AKillInsideTheSystemCall, LosesAndDoublesNothing) {
    constexpr Scenario a_full_pipe{64 * 1024 * 1024, 70, 1000 * 1024, 1, 70 + 1000 * 1024};
    std::mt19937 random;
    std::uniform_int_distribution<> microseconds(0, 1000);
    Found found;
    while (found.kills < 300) {
        Life life(a_full_pipe);
        TracedChild child([&](const auto &mark) { life.take(take_once, mark); });
        const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds(random));
        child.run();
        while (std::chrono::steady_clock::now() < end)
            continue; // a sleep would be too coarse
        child.kill();
        life.go_on(found);
    }
    print(found);
    expect_nothing_lost_and_nothing_doubled(found);
}

} // namespace
} // namespace iptracking::test
