// SPDX-License-Identifier: GPL-2.0-or-later
#include "driver/postgres_server.h"
#include "driver/store.h"

namespace iptracking::test {
namespace {

class PostgresStore final : public Store {
public:
    PostgresStore() { make(); }
    ~PostgresStore() override { server_.drop_database("events"); }

    DriverConfig config() const override {
        PostgresConfig config;
        config.keywords = server_.keywords("events", "iptracking");
        return config;
    }

    std::vector<StoredRow> rows() const override {
        postgres::Connection connection = server_.connect("events");
        const postgres::Result found =
            connection.query("SELECT uid, host(src_ipaddr), host(dst_ipaddr), log_event, outcome, service, "
                             "to_char(log_date AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), src_port, "
                             "dst_port, sshd_pid, flags, concat_ws(' ', rx_bytes, tx_bytes, rx_packets, tx_packets), "
                             "concat_ws(' ', auth_method, auth_key, cert_id, cert_serial, cert_ca) "
                             "FROM inet_log ORDER BY id",
                             {});
        std::vector<StoredRow> rows;
        for (int i = 0; i < found.rows(); ++i) {
            const auto text = [&](int column) { return found.value(i, column).value_or(""); };
            const auto number = [&](int column) { return std::stoi(found.value(i, column).value_or("0")); };
            rows.push_back({.uid = text(0),
                            .src = text(1),
                            .dst = text(2),
                            .event = text(3),
                            .outcome = text(4),
                            .service = text(5),
                            .date = text(6),
                            .src_port = number(7),
                            .dst_port = number(8),
                            .pid = number(9),
                            .flags = number(10),
                            .counters = text(11),
                            .auth = text(12)});
        }
        return rows;
    }

    std::vector<std::string> samples() const override {
        postgres::Connection connection = server_.connect("events");
        const postgres::Result found =
            connection.query("SELECT concat_ws(' ', uid, s.rx_bytes, s.tx_bytes, s.rx_packets, s.tx_packets) FROM "
                             "sample AS s JOIN inet_log ON id = open_id ORDER BY id, s.log_date",
                             {});
        std::vector<std::string> samples;
        for (int i = 0; i < found.rows(); ++i)
            samples.push_back(found.value(i, 0).value_or(""));
        return samples;
    }

    void take_away() override { server_.stop(); }
    void bring_back() override { server_.start(); }
    void destroy() override {
        server_.drop_database("events");
        make();
    }
    void keep_a_copy() override { server_.copy_database("events", "kept"); }
    void put_the_copy_back() override {
        server_.drop_database("events");
        server_.copy_database("kept", "events");
        server_.drop_database("kept");
    }

private:
    void make() { server_.make_database("events"); }

    PostgresServer &server_ = PostgresServer::get();
};

} // namespace

std::unique_ptr<Store> make_postgres_store(const std::string &) {
    return std::make_unique<PostgresStore>();
}

} // namespace iptracking::test
