// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/event_line.h"
#include "import/found_line.h"
#include "import/import_source.h"
#include "import/text_file.h"

namespace iptracking {
namespace {

constexpr std::uint64_t lines_a_step = 1'024;

/// What `db export` wrote.
class ExportedLines final : public ImportSource {
public:
    explicit ExportedLines(const std::string &path) : file_(path) {}

    std::string name() const override { return "lines " + file_.name(); }

    void read(EventImport &events, SourceReport &report, const OnProgress &progress) override {
        while (const auto line = file_.next()) {
            auto event = read_found_line(*line);
            const auto origin = origin_in_line(*line);
            if (++report.read % lines_a_step == 0)
                progress(file_.read_so_far(), file_.size());
            if (!event || !origin || event->time_usec == no_time) {
                report.add_not_understood(*line);
                continue;
            }
            event->origin = *origin;
            // They stand in the order of the database or of time: both are nearly the order of time.
            events.settle(event->time_usec - widest_disorder);
            events.add(std::move(*event));
        }
        if (!file_.damage().empty())
            report.remarks.push_back(file_.damage());
    }

private:
    static constexpr std::int64_t widest_disorder = 86'400'000'000;

    TextFile file_;
};

} // namespace

std::unique_ptr<ImportSource> open_lines(const std::string &path) {
    return std::make_unique<ExportedLines>(path);
}

} // namespace iptracking
