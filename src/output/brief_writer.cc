// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/put.h"
#include "output/values.h"
#include "output/writers.h"

namespace iptracking {
namespace {

/// A line a row, a word a cell; nothing is aligned and nothing cut.
class BriefWriter final : public Writer {
public:
    BriefWriter(std::FILE *out, std::span<const Column> columns, const Style &style)
        : out_(out), columns_(columns), utc_(style.utc), full_(style.full) {}

    void write(const Row &row) override {
        line_.clear();
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (columns_[i].need != Need::detail || full_)
                line_.append(line_.empty() ? "" : " ").append(cell_as_word(row[i], columns_[i].kind, utc_));
        }
        line_ += '\n';
        put(out_, line_);
        ++rows_;
    }

    void finish() override { flush(); }
    void flush() override { iptracking::flush(out_); }

private:
    std::FILE *out_;
    std::span<const Column> columns_;
    bool utc_, full_;
    std::string line_;
};

} // namespace

std::unique_ptr<Writer> make_brief_writer(std::FILE *out, std::span<const Column> columns, const Style &style) {
    return std::make_unique<BriefWriter>(out, columns, style);
}

} // namespace iptracking
