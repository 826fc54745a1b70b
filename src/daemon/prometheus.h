// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "daemon/counters.h"

#include <cstdint>
#include <string>

namespace iptracking {

/// What is told beside the counters.
struct Gauges {
    std::string driver;
    bool storing = false; ///< the database can be written
    bool taking = false;  ///< the pool takes events from the pipe
    std::int64_t newest_usec = 0;
};

/// `iptracking.prom` in the runtime directory, for the textfile collector of node_exporter,
/// https://github.com/prometheus/node_exporter#textfile-collector: written aside and renamed.
class PrometheusFile {
public:
    explicit PrometheusFile(std::string directory) : directory_(std::move(directory)) {}
    /// A daemon that is gone counts nothing.
    ~PrometheusFile();
    PrometheusFile(const PrometheusFile &) = delete;
    PrometheusFile &operator=(const PrometheusFile &) = delete;

    /// Where there is no directory there is no file.  What fails is said once.
    void write(const Counters &counters, const Gauges &gauges);

private:
    std::string directory_;
    std::string trouble_;
    bool written_ = false;
};

} // namespace iptracking
