// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/batch_limit.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

using namespace std::chrono_literals;

TEST(BatchLimit, IsHalvedByASlowCommitAndDoubledByAFastOne) {
    BatchLimit limit;
    const std::size_t first = limit.events();
    limit.took(2s);
    EXPECT_EQ(limit.events(), first / 2);
    limit.took(500ms);
    EXPECT_EQ(limit.events(), first / 2);
    limit.took(1ms);
    EXPECT_EQ(limit.events(), first);
}

TEST(BatchLimit, HasALeastAndAMost) {
    BatchLimit limit;
    for (int i = 0; i < 20; ++i)
        limit.took(1min);
    EXPECT_EQ(limit.events(), 1024u);
    for (int i = 0; i < 20; ++i)
        limit.took(1us);
    EXPECT_EQ(limit.events(), 16384u);
}

} // namespace
} // namespace iptracking
