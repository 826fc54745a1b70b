// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/record_budget.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

/// How many of `wanted` records there are.
std::size_t take(RecordBudget &budget, std::size_t wanted) {
    std::size_t taken = 0;
    while (taken < wanted && budget.take())
        ++taken;
    return taken;
}

TEST(RecordBudget, BeginsWithTheLeastNumber) {
    const RecordBudget budget({.min = 4, .max = 10, .delta = 3});
    EXPECT_EQ(budget.allowed(), 4u);
    EXPECT_EQ(budget.used(), 0u);
}

TEST(RecordBudget, GrowsOnlyWhenAllAreInUse) {
    RecordBudget budget({.min = 4, .max = 10, .delta = 3});
    EXPECT_EQ(take(budget, 4), 4u);
    EXPECT_EQ(budget.allowed(), 4u);
    EXPECT_EQ(take(budget, 1), 1u);
    EXPECT_EQ(budget.allowed(), 7u);
    EXPECT_EQ(budget.used(), 5u);
}

TEST(RecordBudget, NeverGrowsBeyondItsLimit) {
    RecordBudget budget({.min = 4, .max = 9, .delta = 3});
    EXPECT_EQ(take(budget, 100), 9u);
    EXPECT_EQ(budget.allowed(), 9u);
    EXPECT_FALSE(budget.take());
}

TEST(RecordBudget, HasNoLimitWhereThatIsZero) {
    RecordBudget budget({.min = 1, .max = 0, .delta = 1});
    EXPECT_EQ(take(budget, 100'000), 100'000u);
}

TEST(RecordBudget, DoesNotGrowWhereLimitAndLeastNumberAreTheSame) {
    RecordBudget budget({.min = 1, .max = 1, .delta = 5});
    EXPECT_EQ(take(budget, 2), 1u);
}

TEST(RecordBudget, HandsOutAgainWhatWasGivenBack) {
    RecordBudget budget({.min = 4, .max = 9, .delta = 3});
    take(budget, 9);
    budget.give_back(2);
    EXPECT_EQ(budget.used(), 7u);
    EXPECT_EQ(take(budget, 100), 2u);
}

TEST(RecordBudget, ShrinksWhenAllAreGivenBack) {
    RecordBudget budget({.min = 4, .max = 9, .delta = 3});
    take(budget, 9);
    budget.give_back(8);
    EXPECT_EQ(budget.allowed(), 9u);
    budget.give_back(1);
    EXPECT_EQ(budget.allowed(), 4u);
}

} // namespace
} // namespace iptracking
