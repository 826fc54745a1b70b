// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

TEST(Error, SaysTheReasonOfAnErrno) {
    try {
        throw_errno(ENOENT, "cannot open '/a'");
    } catch (const SystemError &error) {
        EXPECT_STREQ(error.what(), "cannot open '/a': No such file or directory");
        EXPECT_EQ(error.code(), ENOENT);
    }
}

TEST(Error, IsThrownForANegativeErrnoAndNotForAnAnswer) {
    EXPECT_EQ(check(0, "cannot ask"), 0);
    EXPECT_EQ(check(7, "cannot ask"), 7);
    try {
        check(-EPERM, "cannot ask");
        FAIL() << "nothing was thrown";
    } catch (const SystemError &error) {
        EXPECT_EQ(error.code(), EPERM);
    }
}

TEST(Error, IsDescribedWithAllThatIsNestedInIt) {
    try {
        try {
            try {
                throw Error("the disk is full");
            } catch (...) {
                std::throw_with_nested(Error("cannot write"));
            }
        } catch (...) {
            std::throw_with_nested(Error("cannot store events"));
        }
    } catch (const std::exception &error) {
        EXPECT_EQ(describe(error), "cannot store events: cannot write: the disk is full");
        EXPECT_EQ(describe(std::current_exception()), "cannot store events: cannot write: the disk is full");
    }
}

TEST(Error, OfAnUnknownTypeIsDescribedToo) {
    EXPECT_EQ(describe(std::make_exception_ptr(5)), "unknown failure");
    try {
        try {
            throw 5;
        } catch (...) {
            std::throw_with_nested(Error("cannot write"));
        }
    } catch (const std::exception &error) {
        EXPECT_EQ(describe(error), "cannot write: unknown cause");
    }
}

} // namespace
} // namespace iptracking
