// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/progress.h"

#include "base/unique_fd.h"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace iptracking {
namespace {

/// A terminal, and what it was sent.
class Screen {
public:
    Screen() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) {
        ::grantpt(master_.get());
        ::unlockpt(master_.get());
        terminal_ = UniqueFd{::open(::ptsname(master_.get()), O_RDWR | O_NOCTTY)};
    }
    int terminal() const { return terminal_.get(); }
    std::string shown() const {
        std::array<char, 4096> buffer{};
        const ssize_t size = ::read(master_.get(), buffer.data(), buffer.size());
        return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
    }

private:
    UniqueFd master_, terminal_;
};

TEST(Progress, IsOneLineThatIsErasedAtTheEnd) {
    const Screen screen;
    {
        Progress progress("importing", screen.terminal());
        progress.set(1, 4, "auth.log\x1b[2J");
        EXPECT_EQ(screen.shown(), "\r\033[Kimporting [#####               ] 25.0%, auth.log\\u{1b}[2J");
    }
    EXPECT_EQ(screen.shown(), "\r\033[K");
}

TEST(Progress, IsNotWrittenForEachCall) {
    const Screen screen;
    Progress progress("counting", screen.terminal());
    for (std::uint64_t i = 0; i < 1000; ++i)
        progress.set(i, 0);
    EXPECT_EQ(screen.shown(), "\r\033[Kcounting 0");
}

TEST(Progress, IsNoWiderThanTheTerminal) {
    const Screen screen;
    ::setenv("COLUMNS", "20", 1);
    Progress progress("removing", screen.terminal());
    progress.set(1, 0, std::string(100, 'x'));
    ::unsetenv("COLUMNS");
    EXPECT_EQ(screen.shown(), "\r\033[Kremoving 1, xxxxxx>");
}

TEST(Progress, IsNotWrittenWhereThereIsNoTerminal) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
    const UniqueFd to_read{ends[0]}, to_write{ends[1]};
    {
        Progress progress("importing", to_write.get());
        progress.set(1, 4);
    }
    char byte = 0;
    EXPECT_LT(::read(to_read.get(), &byte, 1), 0);
}

} // namespace
} // namespace iptracking
