// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// What stands on the way of every event, with something real to do: timed by functions.cc, its instructions counted by
/// tests/instructions.
namespace iptracking::bench {

struct Workload {
    std::string name;
    std::string unit;  ///< "line", "event"
    std::size_t units; ///< in one call of work()
    std::function<void()> work;
};

/// Their data lives as long as they do.
std::vector<Workload> workloads();

} // namespace iptracking::bench
