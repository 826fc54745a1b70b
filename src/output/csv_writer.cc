// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/put.h"
#include "output/safe_text.h"
#include "output/values.h"
#include "output/writers.h"

namespace iptracking {
namespace {

/// Spreadsheets run a text that begins so as a formula, quoted or not,
/// https://owasp.org/www-community/attacks/CSV_Injection.  In many countries a cell ends at `;`, whatever the quotes.
std::string without_formulas(std::string_view text) {
    std::string out;
    char before = ';';
    for (const char c : text) {
        if (before == ';' && std::string_view("=+-@\t\r").find(c) != std::string_view::npos)
            out += '\'';
        out += before = c;
    }
    return out;
}

std::string quoted(const std::string &text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"')
            out += '"';
        out += c;
    }
    return out + "\"";
}

/// A text that is there but empty is "", one that is not there is nothing.
std::string text_field(std::string_view text) {
    std::string field;
    append_safe_text(field, without_formulas(text));
    return field.empty() || field.find_first_of(",\"\r\n") != std::string::npos ? quoted(field) : field;
}

std::string list_field(const std::vector<std::string> &items) {
    std::string field;
    for (const std::string &item : items)
        field.append(field.empty() ? "" : " ").append(without_blanks(item));
    return field.empty() ? "" : text_field(field);
}

std::string csv_field(const Cell &cell, Kind kind, bool utc) {
    if (const auto *text = std::get_if<std::string>(&cell))
        return text_field(*text);
    if (const auto *list = std::get_if<std::vector<std::string>>(&cell))
        return list_field(*list);
    if (const auto *is = std::get_if<bool>(&cell))
        return *is ? "true" : "false";
    if (const auto *real = std::get_if<double>(&cell))
        return shortest(*real);
    if (const auto *number = std::get_if<std::int64_t>(&cell)) {
        if (kind == Kind::time)
            return rfc3339(*number, utc);
        return kind == Kind::duration ? seconds(*number) : std::to_string(*number);
    }
    return "";
}

/// RFC 4180.
class CsvWriter final : public Writer {
public:
    CsvWriter(std::FILE *out, std::span<const Column> columns, const Style &style)
        : out_(out), columns_(columns), utc_(style.utc) {
        std::string header;
        for (const Column &column : columns_)
            header.append(header.empty() ? "" : ",").append(column.name);
        put(out_, header + "\r\n");
    }

    void write(const Row &row) override {
        line_.clear();
        for (std::size_t i = 0; i < columns_.size(); ++i)
            line_.append(i == 0 ? "" : ",").append(csv_field(row[i], columns_[i].kind, utc_));
        line_ += "\r\n";
        put(out_, line_);
        ++rows_;
    }

    void finish() override { flush(); }
    void flush() override { iptracking::flush(out_); }

private:
    std::FILE *out_;
    std::span<const Column> columns_;
    bool utc_;
    std::string line_;
};

} // namespace

std::unique_ptr<Writer> make_csv_writer(std::FILE *out, std::span<const Column> columns, const Style &style) {
    return std::make_unique<CsvWriter>(out, columns, style);
}

} // namespace iptracking
