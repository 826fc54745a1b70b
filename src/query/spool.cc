// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/spool.h"

#include "base/error.h"
#include "base/file.h"
#include "query/temporary_file.h"

#include <algorithm>
#include <cstring>

namespace iptracking {
namespace {

constexpr std::size_t rows_of_block = 5000;
constexpr char name[] = "the temporary file";

/// Cells as bytes: the number of the alternative, then the value; texts with their size.
class Encoder {
public:
    void row(const Row &row) {
        number(row.size());
        for (const Cell &cell : row) {
            number(cell.index());
            std::visit([this](const auto &value) { put(value); }, cell);
        }
    }
    const std::string &bytes() const noexcept { return bytes_; }

private:
    void raw(const void *value, std::size_t size) { bytes_.append(static_cast<const char *>(value), size); }
    void number(std::uint64_t value) { raw(&value, sizeof(value)); }
    void put(std::monostate) {}
    void put(const std::string &text) {
        number(text.size());
        bytes_ += text;
    }
    void put(std::int64_t value) { raw(&value, sizeof(value)); }
    void put(double value) { raw(&value, sizeof(value)); }
    void put(bool value) { number(value); }
    void put(const std::vector<std::string> &texts) {
        number(texts.size());
        for (const std::string &text : texts)
            put(text);
    }

    std::string bytes_;
};

class Decoder {
public:
    explicit Decoder(const std::string &bytes) : bytes_(bytes) {}
    bool at_end() const noexcept { return at_ == bytes_.size(); }
    Row row() {
        Row row(number());
        for (Cell &cell : row)
            switch (number()) {
            case 0:
                break;
            case 1:
                cell = text();
                break;
            case 2:
                cell = value<std::int64_t>();
                break;
            case 3:
                cell = value<double>();
                break;
            case 4:
                cell = number() != 0;
                break;
            default: {
                std::vector<std::string> texts(number());
                std::generate(texts.begin(), texts.end(), [this] { return text(); });
                cell = std::move(texts);
            }
            }
        return row;
    }

private:
    template <class T> T value() {
        T value;
        if (bytes_.size() - at_ < sizeof(value))
            throw Error(std::string(name) + " is not as it was written");
        std::memcpy(&value, bytes_.data() + at_, sizeof(value));
        at_ += sizeof(value);
        return value;
    }
    std::uint64_t number() { return value<std::uint64_t>(); }
    std::string text() {
        const std::uint64_t size = number();
        if (size > bytes_.size() - at_)
            throw Error(std::string(name) + " is not as it was written");
        at_ += size;
        return bytes_.substr(at_ - size, size);
    }

    const std::string &bytes_;
    std::size_t at_ = 0;
};

} // namespace

void Spool::put(const Row &row) {
    rows_.push_back(row);
    if (rows_.size() == rows_of_block)
        write_out();
}

void Spool::write_out() {
    if (!file_)
        file_ = temporary_file();
    Encoder encoder;
    for (const Row &row : rows_)
        encoder.row(row);
    const std::uint64_t begin = blocks_.empty() ? 0 : blocks_.back().first + blocks_.back().second;
    write_all_at(file_.get(), encoder.bytes(), begin, name);
    blocks_.emplace_back(begin, encoder.bytes().size());
    rows_.clear();
}

std::vector<Row> Spool::read_block(std::size_t number) const {
    std::string bytes(blocks_[number].second, '\0');
    if (read_all_at(file_.get(), bytes, blocks_[number].first, name) != bytes.size())
        throw Error(std::string(name) + " is not as it was written");
    std::vector<Row> rows;
    for (Decoder decoder(bytes); !decoder.at_end();)
        rows.push_back(decoder.row());
    return rows;
}

void Spool::replay(const Taker &take) {
    const auto take_all = [&](std::vector<Row> &rows) { return std::all_of(rows.begin(), rows.end(), take); };
    for (std::size_t i = 0; i < blocks_.size(); ++i)
        if (std::vector<Row> rows = read_block(i); !take_all(rows))
            return;
    take_all(rows_);
}

void Spool::replay_backwards(const Taker &take) {
    const auto take_all = [&](std::vector<Row> &rows) { return std::all_of(rows.rbegin(), rows.rend(), take); };
    if (!take_all(rows_))
        return;
    for (std::size_t i = blocks_.size(); i-- > 0;)
        if (std::vector<Row> rows = read_block(i); !take_all(rows))
            return;
}

void ask_at_leisure(AskedDatabase &database, const Sql &question, std::span<const Kind> kinds, const RowSink &sink) {
    Spool spool;
    database.ask(question, kinds, [&](const Row &row) {
        spool.put(row);
        return true;
    });
    spool.replay([&](Row &row) { return sink(row); });
}

} // namespace iptracking
