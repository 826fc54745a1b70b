// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/retry_schedule.h"

#include <gtest/gtest.h>
#include <vector>

namespace iptracking {
namespace {

using std::chrono::seconds;
using namespace std::chrono_literals;

std::vector<std::chrono::milliseconds> next(RetrySchedule &schedule, std::size_t count) {
    std::vector<std::chrono::milliseconds> waits;
    while (count-- > 0)
        waits.push_back(schedule.next());
    return waits;
}

using Waits = std::vector<std::chrono::milliseconds>;

PushWaitConfig config(seconds min, seconds max, std::size_t threshold, seconds delta) {
    return {min, max, threshold, delta};
}

TEST(RetrySchedule, LooksAtOnceAndSoonAtFirst) {
    RetrySchedule schedule(config(5s, 600s, 4, 5s));
    EXPECT_EQ(next(schedule, 5), (Waits{0ms, 200ms, 500ms, 1000ms, 1000ms}));
    EXPECT_EQ(next(schedule, 28), Waits(28, 1000ms));
    EXPECT_EQ(next(schedule, 2), (Waits{5000ms, 5000ms}));
}

TEST(RetrySchedule, WaitsLongerAfterSoManyFruitlessLooks) {
    RetrySchedule schedule(config(3s, 600s, 2, 10s));
    next(schedule, RetrySchedule::soon);
    EXPECT_EQ(next(schedule, 7), (Waits{3s, 3s, 13s, 13s, 23s, 23s, 33s}));
}

TEST(RetrySchedule, WaitsLongerAfterEveryLookIfTheThresholdIsOne) {
    RetrySchedule schedule(config(3s, 600s, 1, 10s));
    next(schedule, RetrySchedule::soon);
    EXPECT_EQ(next(schedule, 3), (Waits{3s, 13s, 23s}));
}

TEST(RetrySchedule, NeverWaitsLongerThanTheLongestWait) {
    RetrySchedule schedule(config(3s, 20s, 1, 10s));
    next(schedule, RetrySchedule::soon);
    EXPECT_EQ(next(schedule, 5), (Waits{3s, 13s, 20s, 20s, 20s}));
}

TEST(RetrySchedule, StaysWithTheShortestWaitIfItDoesNotGrow) {
    RetrySchedule schedule(config(3s, 20s, 1, 0s));
    next(schedule, RetrySchedule::soon);
    EXPECT_EQ(next(schedule, 3), (Waits{3s, 3s, 3s}));
}

TEST(RetrySchedule, BeginsAnewAfterASuccess) {
    RetrySchedule schedule(config(3s, 600s, 1, 10s));
    next(schedule, RetrySchedule::soon + 3);
    schedule.reset();
    EXPECT_EQ(next(schedule, 4), (Waits{0ms, 200ms, 500ms, 1000ms}));
    next(schedule, RetrySchedule::soon - 4);
    EXPECT_EQ(next(schedule, 2), (Waits{3s, 13s}));
}

} // namespace
} // namespace iptracking
