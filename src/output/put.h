// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdio>
#include <string_view>

namespace iptracking {

/// Nobody reads the output any more: the pager was left, or `head` has enough.  No failure: it ends the program as
/// if all had been printed.  Needs SIGPIPE ignored.
class OutputClosed : public Error {
public:
    OutputClosed() : Error("nobody reads the output any more") {}
};

/// Writes all of it.  Throws OutputClosed or an Error that says why not.
void put(std::FILE *out, std::string_view text);

/// Sends on what is still in memory; throws likewise.
void flush(std::FILE *out);

} // namespace iptracking
