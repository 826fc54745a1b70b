// SPDX-License-Identifier: GPL-2.0-or-later
// repeat: lists the workloads, as "units<TAB>name".  repeat NAME TIMES: does the work of one so often, to be counted.
#include "workloads.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int argc, char **argv) {
    for (const auto &workload : iptracking::bench::workloads()) {
        if (argc < 3)
            std::printf("%zu\t%s\t%s\n", workload.units, workload.unit.c_str(), workload.name.c_str());
        else if (workload.name == argv[1])
            for (long times = std::strtol(argv[2], nullptr, 10); times > 0; --times)
                workload.work();
    }
}
