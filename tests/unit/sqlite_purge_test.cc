// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_purge.h"

#include "store/sqlite_schema.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

using Rows = std::vector<std::string>;

class SqlitePurgeTest : public testing::Test {
protected:
    SqlitePurgeTest() { prepare_sqlite_schema(database); }

    void success(const std::string &date, const std::string &user = "alice") {
        sqlite::Statement(database, "INSERT INTO inet_log (src_ipaddr, log_event, uid, log_date, outcome) "
                                    "VALUES ('192.0.2.7', 1, ?1, ?2, 'success')")
            .bind(1, user)
            .bind(2, date)
            .run();
    }
    void summarise() { advance_sqlite_summaries(database, 1000); }

    Rows rows(const char *sql) {
        sqlite::Statement ask(database, sql);
        Rows found;
        while (ask.step())
            found.push_back(ask.column_text(0));
        return found;
    }
    Rows days() { return rows("SELECT log_count || ' ' || start_date FROM address_day ORDER BY day"); }
    Rows users() { return rows("SELECT uid || ' ' || log_count || ' ' || start_date FROM user_address ORDER BY uid"); }

    sqlite::Database database{":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
};

TEST_F(SqlitePurgeTest, AStepTakesTheOldestAndNoMoreThanItMay) {
    for (const char *date :
         {"2026-03-03T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z", "2026-02-02T00:00:00.000000Z"})
        success(date);
    summarise();
    SqlitePurge purge(database, "2026-03-01T00:00:00.000000Z");
    EXPECT_EQ(purge.count(), 2);
    EXPECT_EQ(purge.step(1), 1);
    EXPECT_EQ(rows("SELECT substr(log_date, 1, 10) FROM inet_log ORDER BY log_date"),
              (Rows{"2026-02-02", "2026-03-03"}));
    EXPECT_EQ(users(), (Rows{"alice 2 2026-01-01T00:00:00.000000Z"})); // the date is mended in the end
    EXPECT_EQ(purge.step(5), 1);
    EXPECT_EQ(purge.step(5), 0);
    purge.finish();
    EXPECT_EQ(days(), (Rows{"1 2026-03-03T00:00:00.000000Z"}));
    EXPECT_EQ(users(), (Rows{"alice 1 2026-03-03T00:00:00.000000Z"}));
}

TEST_F(SqlitePurgeTest, WhatIsNotInTheSummariesStays) {
    success("2026-01-01T00:00:00.000000Z");
    EXPECT_EQ(SqlitePurge(database, "2026-03-01T00:00:00.000000Z").step(5), 0);
    EXPECT_EQ(rows("SELECT id FROM inet_log"), Rows{"1"});
}

TEST_F(SqlitePurgeTest, TheSamplesOfASessionGoWithIt) {
    database.execute("INSERT INTO inet_log (id, log_event, log_date) VALUES (1, 2, '2026-01-01T00:00:00.000000Z'),"
                     " (2, 2, '2026-03-03T00:00:00.000000Z');"
                     "INSERT INTO session (open_id) VALUES (1), (2);"
                     "INSERT INTO sample (open_id, log_date) VALUES (1, '2026-03-04T00:00:00.000000Z'),"
                     " (2, '2026-03-04T00:00:00.000000Z')");
    summarise();
    SqlitePurge(database, "2026-03-01T00:00:00.000000Z").step(5);
    EXPECT_EQ(rows("SELECT open_id FROM sample"), Rows{"2"});
}

TEST_F(SqlitePurgeTest, AnOldEventThatCameMeanwhileIsTheFirstThatRemains) {
    for (const char *date :
         {"2026-01-01T01:00:00.000000Z", "2026-01-01T12:00:00.000000Z", "2026-01-01T23:00:00.000000Z"})
        success(date);
    summarise();
    SqlitePurge purge(database, "2026-01-01T13:00:00.000000Z");
    EXPECT_EQ(purge.step(5), 2);
    success("2026-01-01T11:00:00.000000Z"); // a host that was away for long
    summarise();
    purge.finish();
    EXPECT_EQ(days(), (Rows{"2 2026-01-01T11:00:00.000000Z"}));
    EXPECT_EQ(users(), (Rows{"alice 2 2026-01-01T11:00:00.000000Z"}));
}

TEST_F(SqlitePurgeTest, UsersWithoutEventsAreForgotten) {
    success("2026-01-01T01:00:00.000000Z", "bob");
    success("2026-01-03T01:00:00.000000Z");
    summarise();
    SqlitePurge purge(database, "2026-01-02T00:00:00.000000Z");
    purge.step(5);
    purge.finish();
    EXPECT_EQ(users(), (Rows{"alice 1 2026-01-03T01:00:00.000000Z"}));
    EXPECT_EQ(days(), (Rows{"1 2026-01-03T01:00:00.000000Z"}));
}

} // namespace
} // namespace iptracking
