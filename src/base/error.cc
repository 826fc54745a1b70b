// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

namespace iptracking {

void throw_errno(int error, const std::string &what) {
    throw SystemError(error, what);
}

int check(int result, const char *what) {
    if (result < 0)
        throw_errno(-result, what);
    return result;
}

std::string describe(const std::exception &error) {
    std::string text = error.what();
    try {
        std::rethrow_if_nested(error);
    } catch (const std::exception &cause) {
        text += ": " + describe(cause);
    } catch (...) {
        text += ": unknown cause";
    }
    return text;
}

std::string describe(const std::exception_ptr &error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception &caught) {
        return describe(caught);
    } catch (...) {
        return "unknown failure";
    }
}

} // namespace iptracking
