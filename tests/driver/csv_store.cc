// SPDX-License-Identifier: GPL-2.0-or-later
#include "driver/store.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace iptracking::test {
namespace {

namespace fs = std::filesystem;

/// A reader by the letter of RFC 4180: records of fields.
std::vector<std::vector<std::string>> read_csv(const std::string &text) {
    std::vector<std::vector<std::string>> records;
    for (std::size_t i = 0; i < text.size();) {
        auto &record = records.emplace_back();
        for (bool more = true; more;) {
            std::string field;
            if (text.at(i) == '"') {
                for (++i; text.at(i) != '"' || (i + 1 < text.size() && text[i + 1] == '"'); ++i) {
                    i += text[i] == '"';
                    field += text[i];
                }
                ++i;
            } else {
                while (text.at(i) != ',' && text[i] != '\n')
                    field += text[i++];
            }
            more = text.at(i++) == ',';
            record.push_back(field);
        }
    }
    return records;
}

int number(const std::string &field) {
    return field.empty() ? 0 : std::stoi(field);
}

class CsvStore final : public Store {
public:
    explicit CsvStore(const std::string &folder) : folder_(folder), file_(folder + "/events.csv") {}

    DriverConfig config() const override { return CsvConfig{file_, ",", false}; }

    std::vector<StoredRow> rows() const override {
        std::ifstream file(file_, std::ios::binary);
        std::stringstream text;
        text << file.rdbuf();
        std::vector<StoredRow> rows;
        for (const auto &f : read_csv(text.str())) {
            if (f.size() != 15)
                throw std::runtime_error("a record of " + std::to_string(f.size()) + " fields");
            rows.push_back({.uid = f[5],
                            .src = f[1],
                            .dst = f[0],
                            .event = f[3],
                            .outcome = f[8],
                            .service = f[9],
                            .date = f[6],
                            .src_port = number(f[2]),
                            .dst_port = number(f[7]),
                            .pid = number(f[4]),
                            .flags = number(f[14])});
        }
        return rows;
    }

    void take_away() override { fs::rename(folder_, folder_ + ".away"); }
    void bring_back() override { fs::rename(folder_ + ".away", folder_); }
    void destroy() override { fs::remove(file_); }
    void keep_a_copy() override { fs::copy_file(file_, file_ + ".kept"); }
    void put_the_copy_back() override { fs::rename(file_ + ".kept", file_); }

private:
    std::string folder_, file_;
};

} // namespace

std::unique_ptr<Store> make_csv_store(const std::string &folder) {
    return std::make_unique<CsvStore>(folder);
}

} // namespace iptracking::test
