// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/findings.h"

#include "base/log.h"

#include <cstdio>

namespace iptracking {

void Findings::fact(const char *what, const std::string &value) const {
    std::printf("%-14s %s\n", what, one_line(value).c_str());
}

bool Findings::conclude() const {
    std::fflush(stdout);
    for (const std::string &why : unseen_)
        log(Level::notice, "could not be seen: " + why);
    for (const auto &[why, mends] : wrong_) {
        log(Level::error, "wrong: " + why);
        if (!mends.empty())
            std::fprintf(stderr, "    %s\n", one_line(mends).c_str());
    }
    return wrong_.empty();
}

} // namespace iptracking
