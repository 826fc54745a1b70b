// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_truncate.h"

#include "store/sqlite_schema.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

using Rows = std::vector<std::string>;

class SqliteTruncateTest : public testing::Test {
protected:
    SqliteTruncateTest() { prepare_sqlite_schema(database); }

    void event(const char *date, const char *source, const char *net6, const char *outcome = "success") {
        sqlite::Statement insert(database,
                                 "INSERT INTO inet_log (src_ipaddr, src_net6, src_port, rhost, log_event, uid, "
                                 "log_date, outcome, flags) VALUES (?1, ?2, 51234, 'a.example', 1, 'alice', "
                                 "?3 || 'T12:00:00.000000Z', ?4, 2)");
        insert.bind(1, std::string_view(source)).bind(3, std::string_view(date)).bind(4, std::string_view(outcome));
        net6 ? insert.bind(2, std::string_view(net6)) : insert.bind_null(2);
        insert.run();
    }
    void summarise() { advance_sqlite_summaries(database, 1000); }
    std::int64_t truncate(const std::string &before = "2026-02-01", std::int64_t most = 100) {
        SqliteTruncate all(database, before);
        std::int64_t number = 0;
        for (SqliteTruncate::Step step{}; !step.last; number += step.truncated)
            step = all.step(most);
        all.finish();
        return number;
    }

    Rows rows(const char *sql) {
        sqlite::Statement ask(database, sql);
        Rows found;
        while (ask.step())
            found.push_back(ask.column_text(0));
        return found;
    }
    Rows addresses() { return rows("SELECT src_ipaddr FROM inet_log ORDER BY id"); }
    Rows days() {
        return rows("SELECT day || ' ' || src_ipaddr || ' ' || log_count || ' ' || failures || ' ' || successes "
                    "FROM address_day ORDER BY day, src_ipaddr");
    }

    sqlite::Database database{":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
};

TEST_F(SqliteTruncateTest, OfOldEventsTheNetsAreLeft) {
    event("2026-01-01", "192.0.2.77", nullptr);
    event("2026-01-02", "2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002");
    event("2026-02-02", "192.0.2.78", nullptr);
    summarise();
    EXPECT_EQ(SqliteTruncate(database, "2026-02-01").count(), 2);
    EXPECT_EQ(truncate(), 2);
    EXPECT_EQ(addresses(), (Rows{"192.0.2.0/24", "2001:db8:1::/48", "192.0.2.78"}));
    EXPECT_EQ(rows("SELECT quote(src_net6) || quote(src_port) || quote(rhost) || flags FROM inet_log ORDER BY id"),
              (Rows{"NULLNULLNULL10", "'2001:0db8:0001:0000'NULLNULL10", "NULL51234'a.example'2"}));
}

TEST_F(SqliteTruncateTest, TheSummariesMoveToTheNets) {
    event("2026-01-01", "192.0.2.77", nullptr);
    event("2026-01-01", "192.0.2.78", nullptr, "failure");
    event("2026-01-01", "198.51.100.7", nullptr);
    event("2026-02-02", "192.0.2.77", nullptr);
    summarise();
    truncate();
    EXPECT_EQ(days(), (Rows{"2026-01-01 192.0.2.0/24 2 1 1", "2026-01-01 198.51.100.0/24 1 0 1",
                            "2026-02-02 192.0.2.77 1 0 1"}));
    EXPECT_EQ(
        rows("SELECT uid || ' ' || src_ipaddr || ' ' || log_count || ' ' || start_date FROM user_address "
             "ORDER BY src_ipaddr"),
        (Rows{"alice 192.0.2.0/24 1 2026-01-01T12:00:00.000000Z", "alice 192.0.2.77 1 2026-02-02T12:00:00.000000Z",
              "alice 198.51.100.0/24 1 2026-01-01T12:00:00.000000Z"}));
}

TEST_F(SqliteTruncateTest, TheViewsOfNetsCountThemWhereTheyWere) {
    event("2026-01-01", "192.0.2.77", nullptr);
    event("2026-01-01", "2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002");
    summarise();
    const char *const wide[] = {"SELECT ipnet || ' ' || log_count FROM agg_nets_16 ORDER BY 1",
                                "SELECT ipnet || ' ' || log_count FROM agg_nets_8 ORDER BY 1"};
    const Rows before[] = {rows(wide[0]), rows(wide[1])};
    truncate();
    EXPECT_EQ(rows("SELECT ipnet || ' ' || log_count FROM agg_nets_24 ORDER BY 1"),
              (Rows{"192.0.2.0/24 1", "2001:0db8:0001::/48 1"}));
    EXPECT_EQ(rows(wide[0]), before[0]);
    EXPECT_EQ(rows(wide[1]), before[1]);
}

TEST_F(SqliteTruncateTest, WhatFailedConnectionsMovedStaysWhereAProcessIdCameAgain) {
    for (const char *const date : {"2026-01-01", "2026-01-02", "2026-01-03"})
        event(date, "192.0.2.7", nullptr, "attempt");
    database.execute("UPDATE inet_log SET sshd_pid = 77, src_port = 50000 + id, rx_bytes = 100, tx_bytes = 200");
    summarise();
    EXPECT_EQ(rows("SELECT rx_bytes || ' ' || tx_bytes FROM net_24_traffic"), Rows{"300 600"});
    EXPECT_EQ(truncate(), 3);
    EXPECT_EQ(rows("SELECT rx_bytes || ' ' || tx_bytes FROM net_24_traffic"), Rows{"300 600"});
}

TEST_F(SqliteTruncateTest, AStepLooksAtNoMoreThanItMayAndASecondRunFindsNothing) {
    for (const char *day : {"2026-01-03", "2026-01-01", "2026-01-02"})
        event(day, "192.0.2.77", nullptr);
    summarise();
    EXPECT_EQ(SqliteTruncate(database, "2026-02-01").step(2).truncated, 2);
    EXPECT_EQ(addresses(), (Rows{"192.0.2.77", "192.0.2.0/24", "192.0.2.0/24"})); // the oldest first
    EXPECT_EQ(truncate("2026-02-01", 1), 1);                                      // another one goes on
    EXPECT_EQ(truncate(), 0);
    EXPECT_EQ(addresses(), (Rows{"192.0.2.0/24", "192.0.2.0/24", "192.0.2.0/24"}));
}

TEST_F(SqliteTruncateTest, AnAttemptThatSucceedsLaterIsTakenOffItsNet) {
    event("2026-01-01", "192.0.2.77", nullptr, "attempt");
    summarise();
    event("2026-01-01", "192.0.2.77", nullptr);
    database.execute("INSERT INTO attempt_success VALUES (1, 2)");
    truncate(); // the first one only: the second is not in the summaries
    EXPECT_EQ(days(), (Rows{"2026-01-01 192.0.2.0/24 1 1 0"}));
    summarise();
    EXPECT_EQ(days(), (Rows{"2026-01-01 192.0.2.0/24 1 0 0", "2026-01-01 192.0.2.77 1 0 1"}));
    truncate();
    EXPECT_EQ(days(), (Rows{"2026-01-01 192.0.2.0/24 2 0 1"}));
}

} // namespace
} // namespace iptracking
