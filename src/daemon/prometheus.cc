// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/prometheus.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>

namespace iptracking {
namespace {

constexpr char file_name[] = "iptracking.prom";

/// The text format, https://prometheus.io/docs/instrumenting/exposition_formats/.
class Metrics {
public:
    void counter(const char *name, const char *help, std::uint64_t value) { add(name, help, "counter", "", value); }
    void gauge(const char *name, const char *help, std::uint64_t value) { add(name, help, "gauge", "", value); }
    /// `labels`: "{name=\"value\"}".
    void add(const char *name, const char *help, const char *type, const std::string &labels, std::uint64_t value) {
        text_.append("# HELP iptracking_").append(name).append(" ").append(help);
        text_.append("\n# TYPE iptracking_").append(name).append(" ").append(type);
        text_.append("\niptracking_")
            .append(name)
            .append(labels)
            .append(" ")
            .append(std::to_string(value))
            .append("\n");
    }
    void timestamp(const char *name, const char *help, std::int64_t usec) {
        add(name, help, "gauge", "", static_cast<std::uint64_t>(usec / 1'000'000));
        char fraction[16];
        std::snprintf(fraction, sizeof(fraction), ".%06d\n", static_cast<int>(usec % 1'000'000));
        text_.replace(text_.size() - 1, 1, fraction);
    }
    const std::string &text() const noexcept { return text_; }

private:
    std::string text_;
};

std::string text_of(const Counters &counters, const Gauges &gauges) {
    Metrics metrics;
    metrics.add("build_info", "The version of the daemon.", "gauge", "{version=\"" IPTRACKING_VERSION "\"}", 1);
    metrics.counter("events_accepted_total", "Lines taken from the pipe.", counters.accepted);
    metrics.counter("events_stored_total", "Events stored in the database.", counters.stored);
    metrics.counter("events_refused_total", "Events that callbacks could not write to the pipe, since the boot.",
                    counters.refused);
    metrics.counter("events_lost_total", "Refused events that the journal did not take either, since the boot.",
                    counters.lost);
    metrics.counter("events_damaged_total", "Lines that could not be read.", counters.damaged);
    metrics.counter("events_skipped_total", "Events that the database will never take.", counters.skipped);
    metrics.gauge("events_waiting", "Lines taken from the pipe and not stored yet.", counters.waiting);
    metrics.gauge("waiting_bytes", "Bytes of the lines that wait.", counters.waiting_bytes);
    metrics.add("database_up", "Whether the database can be written.", "gauge", "{driver=\"" + gauges.driver + "\"}",
                gauges.storing);
    metrics.gauge("taking_events", "Whether the daemon takes events from the pipe.", gauges.taking);
    if (gauges.newest_usec != 0)
        metrics.timestamp("last_event_timestamp_seconds", "When the latest event that is stored happened.",
                          gauges.newest_usec);
    return metrics.text();
}

} // namespace

PrometheusFile::~PrometheusFile() {
    if (written_)
        ::unlink((directory_ + "/" + file_name).c_str());
}

void PrometheusFile::write(const Counters &counters, const Gauges &gauges) try {
    const UniqueFd folder{::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder && errno == ENOENT)
        return;
    if (!folder)
        throw_errno(errno, "cannot open '" + directory_ + "'");
    replace_file(folder.get(), file_name, text_of(counters, gauges), 0644);
    written_ = true;
    trouble_.clear();
} catch (const std::exception &error) {
    if (trouble_ != error.what())
        log(Level::warning, std::string("no counters for Prometheus: ") + error.what());
    trouble_ = error.what();
}

} // namespace iptracking
