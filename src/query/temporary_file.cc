// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/temporary_file.h"

#include "base/error.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace iptracking {

std::string temporary_folder() {
    const char *const chosen = ::secure_getenv("TMPDIR");
    return chosen && *chosen ? chosen : "/var/tmp";
}

UniqueFd temporary_file() {
    std::string name = temporary_folder() + "/iptracking-XXXXXX";
    UniqueFd file{::mkostemp(name.data(), O_CLOEXEC)};
    if (!file)
        throw_errno(errno, "cannot make a temporary file in '" + temporary_folder() + "'");
    ::unlink(name.c_str());
    return file;
}

} // namespace iptracking
