// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/directories.h"

#include <cstdlib>

namespace iptracking {
namespace {

std::string given_or(const char *variable, const char *built_in) {
    const char *const given = std::getenv(variable);
    if (!given || !*given)
        return built_in;
    const std::string directories = given; // separated by colons; ours is the first
    return directories.substr(0, directories.find(':'));
}

} // namespace

std::string state_directory() {
    return given_or("STATE_DIRECTORY", IPTRACKING_STATE_DIR);
}

std::string runtime_directory() {
    return given_or("RUNTIME_DIRECTORY", IPTRACKING_RUNTIME_DIR);
}

} // namespace iptracking
