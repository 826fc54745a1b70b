// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/pager.h"

#include "base/error.h"
#include "base/unique_fd.h"
#include "output/safe_text.h"
#include "output/terminal.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <optional>
#include <sstream>
#include <stdio_ext.h>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-login.h>
#include <unistd.h>
#include <vector>

namespace iptracking {
namespace {

using Words = std::vector<std::string>;

std::optional<std::string> variable(const char *name) {
    const char *const value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
}

/// Whether somebody works with rights that are not his own.
bool rights_are_borrowed() {
    if (const auto said = variable("SYSTEMD_PAGERSECURE"))
        return *said != "0" && *said != "no" && *said != "false" && *said != "off";
    if (variable("SUDO_UID") || variable("PKEXEC_UID") || ::getuid() != ::geteuid())
        return true;
    uid_t owner = 0;
    return ::sd_pid_get_owner_uid(0, &owner) >= 0 && owner != ::geteuid();
}

Words words_of(const std::string &command) {
    std::istringstream in(command);
    Words words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

/// Empty: none.
Words chosen_pager(bool secure) {
    auto command = variable("SYSTEMD_PAGER");
    if (!command)
        command = variable("PAGER");
    if (!command)
        return {"less"};
    Words words = words_of(*command);
    if (words.empty() || words == Words{"cat"})
        return {};
    return secure ? Words{"less"} : words;
}

/// Where there is no pager, what it should have shown goes through.
[[noreturn]] void pass_through() {
    std::array<char, 4096> buffer{};
    for (ssize_t size = 0; (size = ::read(0, buffer.data(), buffer.size())) > 0;) {
        if (::write(1, buffer.data(), static_cast<std::size_t>(size)) != size)
            break;
    }
    ::_exit(EXIT_SUCCESS);
}

[[noreturn]] void become(const Words &words, bool secure) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    std::signal(SIGPIPE, SIG_DFL);
    ::setenv("LESS", variable("SYSTEMD_LESS").value_or("FRSXMK").c_str(), 1);
    if (locale_is_utf8())
        ::setenv("LESSCHARSET", variable("SYSTEMD_LESSCHARSET").value_or("utf-8").c_str(), 1);
    if (secure) {
        ::setenv("LESSSECURE", "1", 1);
        ::unsetenv("LESSOPEN"); // commands of their own
        ::unsetenv("LESSCLOSE");
        ::unsetenv("LESSSECURE_ALLOW");
    }
    std::vector<char *> arguments;
    for (const std::string &word : words)
        arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    pass_through();
}

} // namespace

Pager::Pager(bool wanted) {
    if (!wanted || !is_terminal(STDOUT_FILENO))
        return;
    const bool secure = rights_are_borrowed();
    const Words words = chosen_pager(secure);
    if (words.empty())
        return;
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0)
        throw_errno(errno, "cannot make a pipe to the pager");
    UniqueFd to_read{ends[0]}, to_write{ends[1]};
    std::fflush(stdout);
    process_ = ::fork();
    if (process_ < 0)
        throw_errno(errno, "cannot start the pager");
    if (process_ == 0) {
        ::dup2(to_read.get(), STDIN_FILENO);
        to_write.reset(); // or pass_through() would wait for itself
        become(words, secure);
    }
    terminal_ = UniqueFd{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)};
    ::dup2(to_write.get(), STDOUT_FILENO);
}

Pager::~Pager() {
    if (!is_running())
        return;
    std::fflush(stdout);
    ::__fpurge(stdout); // what the pager did not want is not for the terminal either
    std::clearerr(stdout);
    ::dup2(terminal_.get(), STDOUT_FILENO); // the pager sees the end
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

} // namespace iptracking
