// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/csv_loader.h"

#include "store/csv_driver.h"
#include "store/sqlite_schema.h"
#include "support.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

constexpr const char header_before[] = "dst_ipaddr,src_ipaddr,src_port,log_event,sshd_pid,uid,log_date,dst_port,"
                                       "outcome,service,tty,ruser,rhost,host,flags\n";

/// "2026-03-01T10:00:SECOND.000000Z"
std::string date(int second) {
    return "2026-03-01T10:00:" + std::to_string(10 + second) + ".000000Z";
}

std::string line(const std::string &event, int port, int second, const std::string &counters) {
    const std::string from = port == 0 ? "," : "198.51.100.5,192.0.2.7";
    return from + "," + (port == 0 ? "" : std::to_string(port)) + "," + event + "," +
           (event == "sample" ? ",," : "4711,alice,") + date(second) + ",22,," +
           (event == "sample" ? ",,,,h,0," : "sshd,ssh,,,h,0,") + counters + ",,,,,\n";
}

class CsvLoaderTest : public ::testing::Test {
protected:
    void load(const std::string &content) {
        test::write_file(folder_ / "x.csv", content);
        prepare_sqlite_schema(database_);
        CsvConfig config;
        config.filename = folder_ / "x.csv";
        CsvLoader loader(config, "csvfile x", database_);
        loaded_ = loader.load();
        loader.pair_sessions();
    }
    std::string rows(int columns, const std::string &sql) {
        std::string text;
        sqlite::Statement statement(database_, sql);
        while (statement.step()) {
            for (int i = 0; i < columns; ++i)
                text += (i > 0 ? " " : "") + (statement.column_is_null(i) ? "-" : statement.column_text(i));
            text += ";";
        }
        return text;
    }

    test::TempDir folder_;
    sqlite::Database database_{":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
    std::size_t loaded_ = 0;
};

TEST_F(CsvLoaderTest, TakesLinesOfEarlierVersions) {
    load(header_before + std::string("198.51.100.5,192.0.2.7,51234,open_session,4711,alice,") + date(0) +
         ",22,,sshd,ssh,,,h,0\n" + csv_header(",") + "\n" +
         line("close_session", 51234, 1, "0,2,3,9223372036854775807"));
    EXPECT_EQ(loaded_, 2u);
    EXPECT_EQ(rows(7, "SELECT id, log_event, rx_bytes, tx_bytes, rx_packets, tx_packets, auth_method FROM inet_log"),
              "1 2 - - - - -;2 3 0 2 3 9223372036854775807 -;");
    EXPECT_EQ(rows(2, "SELECT open_id, close_id FROM session"), "1 2;");
}

TEST_F(CsvLoaderTest, KnowsHowASessionWasOpened) {
    load("198.51.100.5,192.0.2.7,51234,open_session,4711,alice," + date(0) +
         ",22,,sshd,ssh,,,h,16,,,,,publickey,SHA256:k,\"id, of a key\",18446744073709551615,SHA256:c\n");
    EXPECT_EQ(rows(7, "SELECT flags, rx_bytes, auth_method, auth_key, cert_id, cert_serial, cert_ca FROM inet_log"),
              "16 - publickey SHA256:k id, of a key 18446744073709551615 SHA256:c;");
}

TEST_F(CsvLoaderTest, GivesSamplesToTheSessionOfTheirConnection) {
    load(line("open_session", 51234, 0, "1,1,1,1") + line("sample", 51234, 1, "5,6,7,8") +
         line("sample", 51235, 1, "5,6,7,8") + line("sample", 51234, 2, "9,9,9,9") + line("sample", 0, 2, ",,,") +
         line("close_session", 51234, 3, "10,10,10,10") + line("sample", 51234, 4, "11,11,11,11") +
         line("sample", 0, 1, ",,,") + line("open_session", 51234, 5, "1,1,1,1") +
         line("sample", 51234, 6, "12,12,12,12"));
    EXPECT_EQ(loaded_, 10u);
    EXPECT_EQ(rows(2, "SELECT count(*), max(id) FROM inet_log"), "3 3;");
    EXPECT_EQ(
        rows(6, "SELECT open_id, substr(log_date, 18, 2), rx_bytes, tx_bytes, rx_packets, tx_packets FROM sample"),
        "1 11 5 6 7 8;1 12 9 9 9 9;3 16 12 12 12 12;");
    EXPECT_EQ(rows(3, "SELECT host, dst_port, substr(log_date, 18, 2) FROM sampled"), "h 22 11;");
}

TEST_F(CsvLoaderTest, LeavesOutLinesWithOtherFieldsOrCounters) {
    std::string longer = line("open_session", 1, 0, "1,1,1,1"), shorter = longer;
    longer.insert(longer.size() - 1, ",");
    shorter.erase(shorter.size() - 2, 1);
    load(longer + shorter + line("open_session", 1, 0, "1,x,1,1") + line("sample", 1, 0, "1,1,1,9223372036854775808"));
    EXPECT_EQ(loaded_, 0u);
}

} // namespace
} // namespace iptracking
