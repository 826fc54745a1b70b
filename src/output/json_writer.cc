// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/json.h"
#include "output/put.h"
#include "output/writers.h"

namespace iptracking {
namespace {

/// Objects, one a line: in an array, or each for itself.
class JsonWriter final : public Writer {
public:
    JsonWriter(std::FILE *out, std::span<const Column> columns, const Style &style)
        : out_(out), columns_(columns), utc_(style.utc), is_array_(style.format == Format::json) {}

    void write(const Row &row) override {
        json_.begin_object();
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            json_.name(columns_[i].name);
            json_.cell(row[i], columns_[i].kind, utc_);
        }
        json_.end_object();
        if (is_array_)
            put(out_, rows_ == 0 ? "[" : ",\n");
        put(out_, json_.take());
        if (!is_array_)
            put(out_, "\n");
        ++rows_;
    }

    void finish() override {
        if (is_array_)
            put(out_, rows_ == 0 ? "[]\n" : "]\n");
        flush();
    }

    void flush() override { iptracking::flush(out_); }

private:
    std::FILE *out_;
    std::span<const Column> columns_;
    bool utc_, is_array_;
    Json json_;
};

} // namespace

std::unique_ptr<Writer> make_json_writer(std::FILE *out, std::span<const Column> columns, const Style &style) {
    return std::make_unique<JsonWriter>(out, columns, style);
}

} // namespace iptracking
