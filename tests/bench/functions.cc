// SPDX-License-Identifier: GPL-2.0-or-later
// How long the functions on the way of every event take.
#include "workloads.h"

#include <benchmark/benchmark.h>

int main(int argc, char **argv) {
    for (const auto &workload : iptracking::bench::workloads())
        benchmark::RegisterBenchmark(workload.name.c_str(), [workload](benchmark::State &state) {
            for (auto _ : state)
                workload.work();
            state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(workload.units));
        });
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
