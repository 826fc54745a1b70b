// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/put.h"
#include "output/safe_text.h"
#include "output/table_layout.h"
#include "output/values.h"
#include "output/writers.h"

#include <algorithm>

namespace iptracking {
namespace {

/// So many rows are kept, to see how wide they are.
constexpr std::size_t rows_of_chunk = 512;

constexpr char bold[] = "\033[1m", red[] = "\033[31m", green[] = "\033[32m", yellow[] = "\033[33m", plain[] = "\033[0m";

bool stands_right(Kind kind) {
    return kind == Kind::number || kind == Kind::bytes || kind == Kind::real || kind == Kind::ratio ||
           kind == Kind::duration;
}

bool may_be_cut(Kind kind) {
    return kind == Kind::text || kind == Kind::list;
}

/// The colour of what deserves a look, or nullptr.
const char *colour_of(std::string_view column, std::string_view text) {
    if (column == "outcome")
        return text == "failure" ? red : text == "success" ? green : nullptr;
    if (column == "state")
        return text == "open" ? green : text == "crash" || text == "gone" ? yellow : nullptr;
    return nullptr;
}

/// The widths follow the first chunk and never shrink, so that a later chunk moves the columns at most to the right.
/// Which columns there are is settled with the first.
class TableWriter final : public Writer {
public:
    TableWriter(std::FILE *out, std::span<const Column> columns, const Style &style)
        : out_(out), style_(style), limit_(style.full ? 0 : style.width) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i].need == Need::detail && !style.full)
                continue;
            columns_.push_back(columns[i]);
            places_.push_back(i);
            widths_.push_back({.natural = style.legend ? columns_of(columns[i].title) : 1,
                               .may_be_cut = may_be_cut(columns[i].kind),
                               .is_lesser = columns[i].need == Need::lesser});
        }
    }

    void write(const Row &row) override {
        std::vector<std::string> cells;
        cells.reserve(columns_.size());
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            cells.push_back(cell_for_people(row[places_[i]], columns_[i].kind, style_.utc));
            widths_[i].natural = std::max(widths_[i].natural, columns_of(cells.back()));
        }
        chunk_.push_back(std::move(cells));
        ++rows_;
        if (chunk_.size() == rows_of_chunk)
            print_chunk();
    }

    void flush() override {
        print_chunk();
        iptracking::flush(out_);
    }

    void finish() override {
        print_chunk();
        if (!left_out_.empty() && style_.legend && !style_.quiet)
            put(out_, "\nThere is no room for " + left_out_ + "; --full shows all.\n");
        iptracking::flush(out_);
    }

private:
    void print_chunk() {
        if (chunk_.empty())
            return;
        if (is_first_)
            leave_out_what_has_no_room();
        fit_columns(widths_, limit_);
        std::string text;
        if (is_first_ && style_.legend)
            append_titles(text);
        is_first_ = false;
        for (const auto &cells : chunk_)
            append_line(text, cells);
        chunk_.clear();
        put(out_, text);
    }

    void leave_out_what_has_no_room() {
        const std::vector<std::size_t> kept = columns_that_fit(widths_, limit_);
        for (std::size_t i = 0; i < columns_.size(); ++i)
            if (std::find(kept.begin(), kept.end(), i) == kept.end())
                left_out_.append(left_out_.empty() ? "" : ", ").append(columns_[i].title);
        const auto keep = [&](auto &all) {
            for (std::size_t i = 0; i < kept.size(); ++i)
                if (i != kept[i])
                    all[i] = std::move(all[kept[i]]);
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(kept.size()), all.end());
        };
        keep(columns_);
        keep(places_);
        keep(widths_);
        for (auto &cells : chunk_)
            keep(cells);
    }

    void append_titles(std::string &text) const {
        std::string line;
        for (std::size_t i = 0; i < columns_.size(); ++i)
            append_cell(line, i, columns_[i].title, nullptr);
        text.append(style_.colour ? bold : "").append(line).append(style_.colour ? plain : "").append("\n");
    }

    void append_line(std::string &text, const std::vector<std::string> &cells) const {
        for (std::size_t i = 0; i < columns_.size(); ++i)
            append_cell(text, i, cells[i], style_.colour ? colour_of(columns_[i].name, cells[i]) : nullptr);
        text += '\n';
    }

    void append_cell(std::string &line, std::size_t index, const std::string &text, const char *colour) const {
        const std::size_t width = widths_[index].width;
        const std::string cell = widths_[index].may_be_cut ? cut_to_columns(text, width) : text;
        const std::size_t used = columns_of(cell);
        const std::string blanks(width > used ? width - used : 0, ' ');
        const bool right = stands_right(columns_[index].kind), last = index + 1 == columns_.size();
        line.append(index == 0 ? "" : " ").append(right ? blanks : "");
        line.append(colour ? colour : "").append(cell).append(colour ? plain : "");
        line.append(right || last ? "" : blanks);
    }

    std::FILE *out_;
    Style style_;
    std::size_t limit_;
    std::vector<Column> columns_;
    std::vector<std::size_t> places_; ///< of the columns in a row
    std::vector<ColumnWidth> widths_;
    std::vector<std::vector<std::string>> chunk_;
    std::string left_out_;
    bool is_first_ = true;
};

} // namespace

std::unique_ptr<Writer> make_table_writer(std::FILE *out, std::span<const Column> columns, const Style &style) {
    return std::make_unique<TableWriter>(out, columns, style);
}

} // namespace iptracking
