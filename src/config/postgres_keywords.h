// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iptracking {

/// The connection keywords that the libpq of this machine accepts, asked from itself (PQconndefaults).  libpq is
/// loaded when this is first called: a daemon that uses another driver does not pay for it.
const std::vector<std::string> &postgres_keywords();

/// The version of libpq that brought a keyword which older ones lack; nullptr for others.
const char *newer_postgres_keyword(std::string_view keyword) noexcept;

} // namespace iptracking
