// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/output_options.h"

#include "base/log.h"
#include "output/terminal.h"

#include <charconv>
#include <cstdlib>
#include <unistd.h>

namespace iptracking {
namespace {

Format parse_format(const std::string &text) {
    if (text == "table")
        return Format::table;
    if (text == "json")
        return Format::json;
    if (text == "json-lines")
        return Format::json_lines;
    if (text == "csv")
        return Format::csv;
    if (text == "short")
        return Format::brief;
    throw UsageError("--output needs table, json, json-lines, csv or short, not '" + printable(text) + "'");
}

Colour parse_colour(const std::string &text) {
    if (text == "auto")
        return Colour::automatic;
    if (text == "always")
        return Colour::always;
    if (text == "never")
        return Colour::never;
    throw UsageError("--color needs auto, always or never, not '" + printable(text) + "'");
}

} // namespace

void OutputOptions::declare(OptionList &options, const Taken &taken) {
    options.group("Output");
    if (taken.lines)
        options.value("-n,--lines", "NUMBER|all", lines_, "At most so many");
    if (taken.reverse)
        options.flag("-r,--reverse", reverse_, "In the other order");
    options.value("-o,--output", "table|json|json-lines|csv|short", format_,
                  "json is an array, json-lines an object a line, short a line a row");
    options.flag("--utc", utc_, "Times in UTC");
    options.flag("-l,--full", full_, "All columns, and no text is cut");
    options.flag("-q,--quiet", quiet_, "No hints");
    options.flag("--no-legend", no_legend_, "No titles above a table, and nothing below it");
    options.flag("--no-pager", no_pager_, "No pager");
    options.value("--color", "auto|always|never", colour_, "Colours; auto: on a terminal");
}

Style OutputOptions::style() const {
    return {.format = format_ ? parse_format(*format_) : Format::table,
            .utc = utc_,
            .colour = use_colour(colour_ ? parse_colour(*colour_) : Colour::automatic, STDOUT_FILENO),
            .legend = !no_legend_,
            .quiet = quiet_,
            .full = full_,
            .width = is_terminal(STDOUT_FILENO) ? terminal_width(STDOUT_FILENO) : 0};
}

std::optional<std::int64_t> OutputOptions::lines(std::optional<std::int64_t> unless_given) const {
    return lines_ ? parse_lines("--lines", *lines_) : unless_given;
}

Display::Display(const OutputOptions &options, Paged paged)
    : style_(options.style()), pager_(std::make_unique<Pager>(paged == Paged::yes && !options.no_pager_)) {}

std::unique_ptr<Writer> Display::writer(std::span<const Column> columns) const {
    return make_writer(stdout, columns, style_);
}

int Display::conclude(Writer &writer) const {
    writer.finish();
    return writer.rows() > 0 ? EXIT_SUCCESS : nothing_found;
}

std::optional<std::int64_t> parse_lines(const char *option, const std::string &text) {
    if (text == "all")
        return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1)
        throw UsageError(std::string(option) + " needs a number from 1 on, or 'all', not '" + printable(text) + "'");
    return number;
}

} // namespace iptracking
