// SPDX-License-Identifier: GPL-2.0-or-later
#include "driver/store.h"

#include <filesystem>
#include <fstream>
#include <map>
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
        std::vector<StoredRow> rows;
        for (const auto &f : records())
            if (f[3] != "sample")
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
                                .flags = number(f[14]),
                                .counters = joined({f[15], f[16], f[17], f[18]}),
                                .auth = joined({f[19], f[20], f[21], f[22], f[23]})});
        return rows;
    }

    /// The file knows no sessions: of the last one that was opened on the connection.
    std::vector<std::string> samples() const override {
        const auto connection = [](const auto &f) { return joined({f[0], f[1], f[2], f[7], f[13]}); };
        std::map<std::string, std::string> users;
        std::vector<std::string> samples;
        for (const auto &f : records())
            if (f[3] == "open_session")
                users[connection(f)] = f[5];
            else if (f[3] == "sample" && !f[15].empty() && users.contains(connection(f)))
                samples.push_back(joined({users[connection(f)], f[15], f[16], f[17], f[18]}));
        return samples;
    }

    void take_away() override { fs::rename(folder_, folder_ + ".away"); }
    void bring_back() override { fs::rename(folder_ + ".away", folder_); }
    void destroy() override { fs::remove(file_); }
    void keep_a_copy() override { fs::copy_file(file_, file_ + ".kept"); }
    void put_the_copy_back() override { fs::rename(file_ + ".kept", file_); }

private:
    std::vector<std::vector<std::string>> records() const {
        std::ifstream file(file_, std::ios::binary);
        std::stringstream text;
        text << file.rdbuf();
        auto records = read_csv(text.str());
        for (const auto &fields : records)
            if (fields.size() != 24)
                throw std::runtime_error("a record of " + std::to_string(fields.size()) + " fields");
        return records;
    }

    std::string folder_, file_;
};

} // namespace

std::unique_ptr<Store> make_csv_store(const std::string &folder) {
    return std::make_unique<CsvStore>(folder);
}

} // namespace iptracking::test
