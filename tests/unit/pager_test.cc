// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/pager.h"

#include "output/put.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <pty.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace iptracking {
namespace {

using Variables = std::vector<std::pair<const char *, const char *>>;

struct Shown {
    std::string text;
    int status = -1;
};

constexpr const char *all_variables[] = {"SYSTEMD_PAGER", "PAGER", "SYSTEMD_PAGERSECURE",
                                         "SYSTEMD_LESS",  "LESS",  "SUDO_UID"};

/// What a terminal shows of a process of its own.
template <typename Work> Shown on_terminal(const Variables &variables, const Work &work) {
    int master = -1;
    const pid_t child = ::forkpty(&master, nullptr, nullptr, nullptr);
    if (child == 0) {
        for (const char *name : all_variables)
            ::unsetenv(name);
        for (const auto &[name, value] : variables)
            ::setenv(name, value, 1);
        std::signal(SIGPIPE, SIG_IGN);
        ::_exit(work());
    }
    Shown shown;
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = ::read(master, buffer.data(), buffer.size())) > 0;)
        shown.text.append(buffer.data(), static_cast<std::size_t>(size));
    ::waitpid(child, &shown.status, 0);
    ::close(master);
    return shown;
}

int print_line() {
    const Pager pager(true);
    std::puts("a line");
    return 0;
}

TEST(Pager, IsTheOneOfSystemdsVariableThenOfPager) {
    EXPECT_EQ(on_terminal({{"SYSTEMD_PAGERSECURE", "0"}, {"SYSTEMD_PAGER", "sed s/^/paged:/"}, {"PAGER", "false"}},
                          print_line)
                  .text,
              "paged:a line\r\n");
    EXPECT_EQ(on_terminal({{"SYSTEMD_PAGERSECURE", "0"}, {"PAGER", "sed s/^/paged:/"}}, print_line).text,
              "paged:a line\r\n");
}

TEST(Pager, IsNoneWhereThatIsAsked) {
    for (const char *none : {"", "cat"})
        EXPECT_EQ(on_terminal({{"SYSTEMD_PAGER", none}},
                              [] {
                                  const Pager pager(true);
                                  return pager.is_running() ? 1 : 0;
                              })
                      .status,
                  0);
    EXPECT_EQ(on_terminal({{"SYSTEMD_PAGERSECURE", "0"}, {"PAGER", "sed s/^/paged:/"}},
                          [] {
                              const Pager pager(false);
                              std::puts("a line");
                              std::fflush(stdout);
                              return 0;
                          })
                  .text,
              "a line\r\n");
}

TEST(Pager, IsLessInItsSecureModeForBorrowedRights) {
    const std::string path = "/tmp/iptracking-pager-" + std::to_string(::getpid());
    ASSERT_EQ(
        std::system(("mkdir " + path +
                     " && printf '#!/bin/sh\\necho \"$LESSSECURE $LESS:$LESSOPEN$LESSCLOSE$LESSSECURE_ALLOW\"; cat' >" +
                     path + "/less && chmod 755 " + path + "/less")
                        .c_str()),
        0);
    const std::string search = path + ":/usr/bin:/bin";
    EXPECT_EQ(on_terminal({{"PATH", search.c_str()},
                           {"SUDO_UID", "1000"},
                           {"PAGER", "sed s/^/paged:/"},
                           {"LESSOPEN", "|x"},
                           {"LESSCLOSE", "x"},
                           {"LESSSECURE_ALLOW", "shell"}},
                          print_line)
                  .text,
              "1 FRSXMK:\r\na line\r\n");
    EXPECT_EQ(
        on_terminal({{"PATH", search.c_str()}, {"SYSTEMD_PAGERSECURE", "0"}, {"SYSTEMD_LESS", "FR"}}, print_line).text,
        " FR:\r\na line\r\n");
    EXPECT_EQ(std::system(("rm -r " + path).c_str()), 0);
}

TEST(Pager, LetsThroughWhatNoPagerIsThereFor) {
    EXPECT_EQ(on_terminal({{"SYSTEMD_PAGERSECURE", "0"}, {"PAGER", "/nowhere/pager"}}, print_line).text, "a line\r\n");
}

TEST(Pager, MayBeLeftInTheMiddle) {
    const Shown shown = on_terminal({{"SYSTEMD_PAGERSECURE", "0"}, {"PAGER", "head -n 1"}}, [] {
        try {
            const Pager pager(true);
            for (int i = 0; i < 1'000'000; ++i)
                put(stdout, "a line\n");
            flush(stdout);
        } catch (const OutputClosed &) {
            std::fflush(stdout); // nothing is left of it
            return 7;
        }
        return 0;
    });
    EXPECT_EQ(shown.text, "a line\r\n");
    EXPECT_EQ(WEXITSTATUS(shown.status), 7);
}

} // namespace
} // namespace iptracking
