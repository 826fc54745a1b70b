// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>

namespace iptracking {

/// A failure whose text is a sentence for an administrator: "cannot open 'object': reason".
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// An Error that came with an errno; `code()` says which.
class SystemError : public Error {
public:
    SystemError(int error, const std::string &what)
        : Error(what + ": " + std::generic_category().message(error)), code_(error) {}
    int code() const noexcept { return code_; }

private:
    int code_;
};

[[noreturn]] void throw_errno(int error, const std::string &what);

/// For libsystemd and its like, which return a negative errno.  Gives back what is not negative.
int check(int result, const char *what);

/// The text of an exception, with the texts of what is nested in it.
std::string describe(const std::exception &error);
std::string describe(const std::exception_ptr &error);

} // namespace iptracking
