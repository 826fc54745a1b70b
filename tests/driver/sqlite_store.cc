// SPDX-License-Identifier: GPL-2.0-or-later
#include "db/sqlite.h"
#include "driver/store.h"

#include <filesystem>

namespace iptracking::test {
namespace {

namespace fs = std::filesystem;

class SqliteStore final : public Store {
public:
    explicit SqliteStore(const std::string &folder) : folder_(folder), file_(folder + "/events.sqlite3") {}

    DriverConfig config() const override { return SqliteConfig{file_, {}}; }

    std::vector<StoredRow> rows() const override {
        if (!fs::exists(file_))
            return {};
        sqlite::Database database(file_, SQLITE_OPEN_READWRITE);
        sqlite::Statement select(database,
                                 "SELECT uid, src_ipaddr, dst_ipaddr, log_event, outcome, service, log_date, "
                                 "src_port, dst_port, sshd_pid, flags, rx_bytes, tx_bytes, rx_packets, tx_packets, "
                                 "auth_method, auth_key, cert_id, cert_serial, cert_ca FROM inet_log ORDER BY id");
        static constexpr const char *events[] = {"unknown", "auth", "open_session", "close_session"};
        const auto texts = [&](int first, int end) {
            std::vector<std::string> all;
            for (int i = first; i < end; ++i)
                all.push_back(select.column_text(i));
            return joined(all);
        };
        std::vector<StoredRow> rows;
        while (select.step())
            rows.push_back({.uid = select.column_text(0),
                            .src = select.column_text(1),
                            .dst = select.column_text(2),
                            .event = events[select.column_number(3)],
                            .outcome = select.column_text(4),
                            .service = select.column_text(5),
                            .date = select.column_text(6),
                            .src_port = static_cast<int>(select.column_number(7)),
                            .dst_port = static_cast<int>(select.column_number(8)),
                            .pid = static_cast<int>(select.column_number(9)),
                            .flags = static_cast<int>(select.column_number(10)),
                            .counters = texts(11, 15),
                            .auth = texts(15, 20)});
        return rows;
    }

    std::vector<std::string> samples() const override {
        sqlite::Database database(file_, SQLITE_OPEN_READWRITE);
        sqlite::Statement select(
            database, "SELECT uid || ' ' || s.rx_bytes || ' ' || s.tx_bytes || ' ' || s.rx_packets || ' ' || "
                      "s.tx_packets FROM sample AS s JOIN inet_log ON id = open_id ORDER BY id, s.log_date");
        std::vector<std::string> samples;
        while (select.step())
            samples.push_back(select.column_text(0));
        return samples;
    }

    void take_away() override { fs::rename(folder_, folder_ + ".away"); }
    void bring_back() override { fs::rename(folder_ + ".away", folder_); }
    void destroy() override {
        for (const char *suffix : {"", "-wal", "-shm"})
            fs::remove(file_ + suffix);
    }
    void keep_a_copy() override {
        sqlite::Database(file_, SQLITE_OPEN_READWRITE).execute("VACUUM INTO '" + file_ + ".kept'");
    }
    void put_the_copy_back() override {
        destroy();
        fs::rename(file_ + ".kept", file_);
    }

private:
    std::string folder_, file_;
};

} // namespace

std::unique_ptr<Store> make_sqlite_store(const std::string &folder) {
    return std::make_unique<SqliteStore>(folder);
}

} // namespace iptracking::test
