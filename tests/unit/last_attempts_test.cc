// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/last_attempts.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

AuthRow row(std::int64_t id, Outcome outcome, std::int64_t port = 1001, std::int64_t pid = 7) {
    AuthRow told;
    told.id = id;
    told.outcome = outcome;
    told.host = "login1";
    told.source = "192.0.2.7";
    told.destination = "198.51.100.5";
    told.service = "sshd";
    told.source_port = port;
    told.destination_port = 22;
    told.pid = pid;
    return told;
}

TEST(LastAttempts, FindsTheOneBeforeASuccess) {
    LastAttempts attempts;
    EXPECT_EQ(attempts.next(row(1, Outcome::attempt)), std::nullopt);
    EXPECT_EQ(attempts.next(row(2, Outcome::attempt)), std::nullopt);
    EXPECT_EQ(attempts.next(row(3, Outcome::success)), 2);
    EXPECT_EQ(attempts.next(row(4, Outcome::success)), std::nullopt);
}

TEST(LastAttempts, FindsNoneBehindAFailure) {
    LastAttempts attempts;
    attempts.next(row(1, Outcome::attempt));
    attempts.next(row(2, Outcome::failure));
    EXPECT_EQ(attempts.next(row(3, Outcome::success)), std::nullopt);
}

TEST(LastAttempts, FindsNoneOfAnotherProcess) {
    LastAttempts attempts;
    attempts.next(row(1, Outcome::attempt, 1001, 7));
    EXPECT_EQ(attempts.next(row(2, Outcome::success, 1001, 8)), std::nullopt);
    EXPECT_EQ(attempts.next(row(3, Outcome::success, 1001, 7)), std::nullopt); // one was in between
    attempts.next(row(4, Outcome::attempt, 1001, 0));
    EXPECT_EQ(attempts.next(row(5, Outcome::success, 1001, 8)), 4);
}

TEST(LastAttempts, TellsNothingFromAnEmptyText) {
    LastAttempts attempts;
    AuthRow attempt = row(1, Outcome::attempt, 0), success = row(2, Outcome::success, 0);
    attempt.service = "";
    success.service = {};
    attempts.next(attempt);
    EXPECT_EQ(attempts.next(success), std::nullopt);
    success.service = "";
    EXPECT_EQ(attempts.next(success), 1);
}

TEST(LastAttempts, ForgetsFirstTheConnectionThatBeganFirst) {
    LastAttempts attempts(3);
    for (std::int64_t id = 1; id <= 5; ++id)
        attempts.next(row(id, Outcome::attempt, 1000 + id));
    for (std::int64_t port = 1001; port <= 1002; ++port)
        EXPECT_EQ(attempts.next(row(10, Outcome::success, port)), std::nullopt);
    for (std::int64_t port = 1003; port <= 1005; ++port)
        EXPECT_EQ(attempts.next(row(10, Outcome::success, port)), port - 1000);
}

TEST(LastAttempts, ForgetsNoneForAPlaceThatIsFree) {
    LastAttempts attempts(2);
    attempts.next(row(1, Outcome::attempt, 1001));
    attempts.next(row(2, Outcome::attempt, 1002));
    attempts.next(row(3, Outcome::success, 1001));
    attempts.next(row(4, Outcome::attempt, 1003)); // where 1001 was
    EXPECT_EQ(attempts.next(row(5, Outcome::success, 1002)), 2);
    EXPECT_EQ(attempts.next(row(6, Outcome::success, 1003)), 4);
}

} // namespace
} // namespace iptracking
