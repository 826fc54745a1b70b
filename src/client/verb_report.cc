// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking report`.
#include "report/report.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "client/selection_options.h"
#include "client/verbs.h"
#include "output/put.h"
#include "query/asked_database.h"
#include "report/render.h"

#include <cstdlib>
#include <fcntl.h>
#include <filesystem>

namespace iptracking {
namespace {

constexpr mode_t page_mode = 0640; // names and addresses are in it

using Render = std::string (*)(const Report &);

Render render_of(const std::string &format) {
    if (format == "text")
        return report_as_text;
    if (format == "html")
        return report_as_html;
    if (format == "json")
        return report_as_json;
    throw UsageError("--output needs text, html or json, not '" + printable(format) + "'");
}

void write_page(const std::string &file, const std::string &page) {
    const std::filesystem::path path = std::filesystem::absolute(file);
    if (!path.has_filename())
        throw UsageError("--html needs the name of a file, not '" + printable(file) + "'");
    const UniqueFd folder = open_file(path.parent_path().string(), O_RDONLY | O_DIRECTORY);
    replace_file(folder.get(), path.filename().string(), page, page_mode);
}

class ReportVerb final : public Verb {
    void declare(OptionList &options) override {
        selected_.declare(options);
        options.group("Output");
        options.value("--html", "FILE", file_, "Write the page into a file; nothing is printed then without -o");
        options.value("-o,--output", "text|html|json", format_, "text (78 columns) unless given; html: one page");
        options.flag("--utc", utc_, "Times in UTC");
    }

    int run(const Called &called) override {
        const Selection selection = selected_.read();
        const Render render = render_of(format_.value_or("text"));
        const Report report = make_report(*open_asked_database(called.read()), selection, utc_);
        if (file_)
            write_page(*file_, report_as_html(report));
        if (format_ || !file_)
            put(stdout, render(report));
        return report.is_empty() ? nothing_found : EXIT_SUCCESS;
    }

    SelectionOptions selected_;
    std::optional<std::string> file_, format_;
    bool utc_ = false;
};

} // namespace

std::unique_ptr<Verb> make_report_verb() {
    return std::make_unique<ReportVerb>();
}

} // namespace iptracking
