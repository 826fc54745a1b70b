// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking db export`: events for other programs, and for another database.
#include "base/log.h"
#include "client/selection_options.h"
#include "client/verbs.h"
#include "output/event_line_writer.h"
#include "output/progress.h"
#include "output/terminal.h"
#include "query/questions.h"

#include <cstdlib>
#include <unistd.h>

namespace iptracking {
namespace {

/// Times are in UTC: what is kept for years shall not depend on where it was written.
std::unique_ptr<Writer> writer_of(const std::string &format) {
    if (format == "lines")
        return make_event_line_writer(stdout, events_columns());
    if (format == "csv")
        return make_writer(stdout, events_columns(), {.format = Format::csv, .utc = true});
    if (format == "json-lines")
        return make_writer(stdout, events_columns(), {.format = Format::json_lines, .utc = true});
    throw UsageError("--output needs csv, json-lines or lines, not '" + printable(format) + "'");
}

class Export final : public Verb {
    void declare(OptionList &options) override {
        selected_.declare(options);
        options.group("Output");
        options.value("-o,--output", "csv|json-lines|lines", format_,
                      "csv unless given; json-lines: an object a line; lines: for 'db import --lines'");
    }

    int run(const Called &called) override {
        const Selection selection = selected_.read();
        const std::unique_ptr<Writer> writer = writer_of(format_.value_or("csv"));
        const std::unique_ptr<AskedDatabase> database = open_asked_database(called.read());
        Progress progress("exporting");
        const bool is_seen = is_terminal(STDERR_FILENO) && !is_terminal(STDOUT_FILENO);
        const std::uint64_t total = is_seen ? number_of(*database, selection) : 0;
        ask_events(*database, selection, {}, [&](const Row &row) {
            writer->write(row);
            if (is_seen)
                progress.set(writer->rows(), total);
            return true;
        });
        writer->finish();
        return writer->rows() > 0 ? EXIT_SUCCESS : nothing_found;
    }

    static std::uint64_t number_of(AskedDatabase &database, const Selection &selection) {
        const std::span<const Column> columns = top_columns(TopBy::total);
        std::uint64_t number = 0;
        ask_top(database, selection, {.by = TopBy::total}, [&](const Row &row) {
            for (std::size_t i = 0; i < columns.size(); ++i)
                if (const auto *events = std::get_if<std::int64_t>(&row[i]);
                    events && std::string_view(columns[i].name) == "events")
                    number = static_cast<std::uint64_t>(*events);
            return true;
        });
        return number;
    }

    SelectionOptions selected_;
    std::optional<std::string> format_;
};

} // namespace

std::unique_ptr<Verb> make_db_export() {
    return std::make_unique<Export>();
}

} // namespace iptracking
