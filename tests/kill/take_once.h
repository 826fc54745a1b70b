// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>

/// What is killed.  Built three times, each in a namespace of its own (by -Diptracking=): as it is, and with each of
/// planted/ in the place of splice(2) (by -Dsplice=).
namespace iptracking::test {

/// Opens the pool as a daemon does that starts, and takes out of the pipe once; `mark` is called just before and
/// just after.
void take_once(const std::string &folder, std::uint64_t max_bytes, int fifo, const std::function<void()> &mark);

} // namespace iptracking::test
