// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/verb.h"

#include <string>
#include <vector>

namespace iptracking {

/// A word that may stand next, and what it means.
struct Candidate {
    std::string word, help;
};

/// What the shells ask for (shell/): `words` are those behind "iptracking", up to the one that is being typed, which
/// may be empty.  A single ":files" asks for the names of files.
///
/// What a value can be is read from its name in the help: "json|csv" are two values, "FILE" is a file, and what else is
/// written in capitals is left to the user.  Users and addresses are not looked up.
std::vector<Candidate> complete(const std::vector<std::string> &words);

} // namespace iptracking
