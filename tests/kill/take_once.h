// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

/// What is killed.  Built three times, each in a namespace of its own (by -Diptracking=): as it is, and with each of
/// planted/ in the place of splice(2) (by -Dsplice=).
namespace iptracking::test {

/// Opens the pool as a daemon does that starts, takes what came `before`, and then once of what is `sent`; `mark` is
/// called just before that and just after.
void take_once(const std::string &folder, std::uint64_t max_bytes, int fifo, std::string_view before,
               std::string_view sent, const std::function<void()> &mark);

} // namespace iptracking::test
