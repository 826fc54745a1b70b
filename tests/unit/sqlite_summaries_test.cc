// SPDX-License-Identifier: GPL-2.0-or-later
// What is counted, against the rows that it is counted from.
#include "event/timestamp.h"
#include "sqlite_log.h"
#include "store/sqlite_purge.h"
#include "store/sqlite_schema_sql.h"

#include <memory>

namespace iptracking {
namespace {

using test::begin_of_2026;
using test::create;
using test::day;
using test::Rows;
using test::Told;
using test::Traffic;

constexpr char counts[] = "sum(log_count), sum(failures), sum(successes), sum(opened)";
constexpr char raw_counts[] = "count(*), sum(id IN (SELECT id FROM failures)), "
                              "sum(log_event = 1 AND outcome = 'success'), sum(log_event = 2)";
constexpr char start_of_quarter[] =
    "strftime('%Y-%m-%dT%H:%M:00Z', unixepoch(substr(log_date, 1, 19)) / 900 * 900, 'unixepoch')";

class SqliteSummaries : public test::SqliteLog {
protected:
    void summarise(std::int64_t most = 1000) {
        while (advance_sqlite_summaries(database, most) > 0)
            continue;
    }

    /// Throws at the last row.
    void store_nothing_of(std::vector<Told> events) {
        events.back().user = "refused";
        database.execute("CREATE TEMP TRIGGER refuse AFTER INSERT ON inet_log WHEN NEW.uid = 'refused' "
                         "BEGIN SELECT raise(ABORT, 'refused'); END");
        const auto drop = [](sqlite::Database *where) { where->execute("DROP TRIGGER refuse"); };
        const std::unique_ptr<sqlite::Database, decltype(drop)> at_end(&database, drop);
        store(events);
    }

    /// By another program.
    void import_elsewhere(const std::vector<Told> &events) {
        std::string lines;
        for (const Told &told : events)
            lines += line_of(told);
        sqlite::Database other(folder / "a.db", create);
        SqliteWriter(other).import(test::batch_of(lines), "text");
    }

    /// Each view against the rows.  `dates`: also the first and the last date.
    void expect_exact_counts(sqlite::Database &asked, bool dates = true) {
        const auto expect = [&](const std::string &view, const std::string &keys, const std::string &raw_keys,
                                const std::string &where, bool with_dates) {
            std::string expected = "SELECT " + raw_keys + ", " + raw_counts, found = "SELECT " + keys + ", " + counts;
            if (view == "quarter_count") {
                expected += ", sum(log_event = 3)";
                found += ", sum(closed)";
            }
            if (with_dates) {
                expected += ", min(log_date), max(log_date)";
                found += ", min(start_date), max(end_date)";
            }
            EXPECT_EQ(ask(asked, found + " FROM " + view + " GROUP BY " + keys),
                      ask(asked, expected + " FROM inet_log WHERE " + where + " GROUP BY " + raw_keys))
                << view;
        };
        expect("address_count", "day, dst_ipaddr, src_ipaddr, src_net6",
               "substr(log_date, 1, 10), dst_ipaddr, src_ipaddr, src_net6", "src_ipaddr IS NOT NULL", dates);
        expect("user_count", "day, uid", "substr(log_date, 1, 10), uid", "uid IS NOT NULL", dates);
        expect("quarter_count", "start_date", start_of_quarter, "true", false);
        EXPECT_EQ(
            ask(asked, "SELECT attempt_id FROM attempt_success WHERE attempt_id NOT IN (SELECT id FROM inet_log)"),
            Rows{});
    }

    /// How the failures were found before version 4.
    Rows failures_by_window(sqlite::Database &asked) {
        return ask(asked, R"sql(
            SELECT id FROM (SELECT *, lead(outcome) OVER connection AS next_outcome,
                                lead(sshd_pid) OVER connection AS next_pid
                                FROM inet_log WHERE log_event = 1
                                WINDOW connection AS (
                                    PARTITION BY host, src_ipaddr, src_port, dst_ipaddr, dst_port,
                                        CASE WHEN src_port IS NULL THEN sshd_pid END,
                                        CASE WHEN src_port IS NULL THEN service END
                                    ORDER BY id))
                WHERE outcome = 'failure' OR (outcome = 'attempt' AND NOT (
                    next_outcome IS 'success' AND (sshd_pid IS NULL OR next_pid IS NULL OR sshd_pid = next_pid))))sql");
    }
};

TEST_F(SqliteSummaries, CountAnAttemptAsFailedUntilItsSuccess) {
    const Told attempt{.kind = "auth", .source_port = 1001, .pid = 7};
    Told success = attempt;
    success.kind = "account";
    success.user = "bob";
    success.time += day; // so it is taken off where it was counted, not where the success is
    store({attempt});
    summarise();
    EXPECT_EQ(ask("SELECT day, uid, failures, successes FROM user_day"), Rows{"2026-01-01|alice|1|0"});
    store({success});
    expect_exact_counts(database);
    summarise();
    EXPECT_EQ(ask("SELECT day, uid, failures, successes FROM user_day"),
              (Rows{"2026-01-01|alice|0|0", "2026-01-02|bob|0|1"}));
    EXPECT_EQ(ask("SELECT day, failures, successes FROM address_day"), (Rows{"2026-01-01|0|0", "2026-01-02|0|1"}));
    EXPECT_EQ(ask("SELECT start_date, failures, successes FROM quarter"),
              (Rows{"2026-01-01T00:00:00Z|0|0", "2026-01-02T00:00:00Z|0|1"}));
    expect_exact_counts(database);
}

TEST_F(SqliteSummaries, KnowTheQuartersOfAnHour) {
    const auto at = [](std::int64_t minutes) {
        return Told{.kind = "auth", .time = begin_of_2026 + minutes * 60'000'000 - 1};
    };
    store({at(15), at(30), at(45), at(60)});
    EXPECT_EQ(
        ask("SELECT start_date, sum(log_count) FROM quarter_count GROUP BY 1"),
        (Rows{"2026-01-01T00:00:00Z|1", "2026-01-01T00:15:00Z|1", "2026-01-01T00:30:00Z|1", "2026-01-01T00:45:00Z|1"}));
    expect_exact_counts(database);
    summarise();
    expect_exact_counts(database);
}

TEST_F(SqliteSummaries, AreExactWhateverHappensInWhichOrder) {
    Traffic traffic;
    std::mt19937 random(11);
    const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    for (int round = 0; round < 60; ++round) {
        SCOPED_TRACE("round " + std::to_string(round));
        if (below(5) == 0)
            new_writer();
        store(traffic.next(1 + below(100)));
        if (below(3) == 0) {
            EXPECT_THROW(store_nothing_of(traffic.next(1 + below(20))), sqlite::SqliteError);
        }
        if (below(4) == 0)
            import_elsewhere(traffic.next(1 + below(30)));
        for (unsigned steps = below(3); steps > 0; --steps)
            summaries().advance(1 + below(400));
        for (unsigned steps = below(2); steps > 0; --steps)
            advance_sqlite_summaries(database, 1 + below(50));
        if (below(4) == 0) {
            const std::int64_t rows = database.number("SELECT count(*) FROM inet_log").value_or(0);
            sqlite::Database other(folder / "a.db", create); // its temporary tables go with it
            SqlitePurge purge(other, ask("SELECT log_date FROM inet_log ORDER BY log_date LIMIT 1 OFFSET " +
                                         std::to_string(below(static_cast<unsigned>(rows))))
                                         .at(0));
            const std::int64_t most = 1 + below(60);
            while (purge.step(most) > 0)
                expect_exact_counts(other, false);
            purge.finish();
        }
        expect_exact_counts(database);
        if (HasFailure())
            return;
    }
    summarise();
    expect_exact_counts(database);
}

TEST_F(SqliteSummaries, ReadNoRowsThatWereNoted) {
    store({{.kind = "auth"}, {.kind = "account"}, {.kind = "open_session"}});
    EXPECT_EQ(summaries().advance(1), 0);
    expect_exact_counts(database);
    store({{.kind = "auth"}, {.kind = "auth"}});
    new_writer(); // which knows nothing of them
    EXPECT_EQ(summaries().advance(1), 1);
    store({{.kind = "auth"}});
    EXPECT_EQ(summaries().advance(1), 1);
    EXPECT_EQ(summaries().advance(1), 0);
    expect_exact_counts(database);
}

TEST_F(SqliteSummaries, KnowWhatAnotherProgramHasChangedInRowsThatWereNoted) {
    store({{.kind = "auth", .user = "alice"}, {.kind = "auth", .user = "bob"}});
    sqlite::Database(folder / "a.db", create).execute("DELETE FROM inet_log WHERE uid = 'alice'");
    EXPECT_EQ(summaries().advance(10), 0);
    EXPECT_EQ(ask("SELECT uid, log_count FROM user_day"), Rows{"bob|1"});
    expect_exact_counts(database);
}

TEST_F(SqliteSummaries, KnowTheRowsAsATriggerLeavesThem) {
    sqlite::Database(folder / "a.db", create)
        .execute("CREATE TRIGGER mine AFTER INSERT ON inet_log WHEN NEW.uid = 'bob' "
                 "BEGIN DELETE FROM inet_log WHERE id = NEW.id; END");
    store({{.kind = "auth", .user = "alice"}, {.kind = "auth", .user = "bob"}, {.kind = "auth", .user = "carol"}});
    while (summaries().advance(10) > 0)
        continue;
    EXPECT_EQ(ask("SELECT uid, log_count FROM user_day"), (Rows{"alice|1", "carol|1"}));
    expect_exact_counts(database);
}

TEST_F(SqliteSummaries, AreExactWhereMoreCameThanIsNoted) {
    std::vector<Told> events(20'000, Told{.kind = "auth"});
    for (int round = 0, number = 0; round < 3; ++round) {
        for (Told &told : events)
            told.user = std::string(300, 'x') + std::to_string(++number);
        store(events);
    }
    EXPECT_GT(summaries().advance(1), 0); // the first ones have to be read
    while (summaries().advance(20'000) > 0)
        continue;
    EXPECT_EQ(ask("SELECT count(*), sum(log_count) FROM user_day"), Rows{"60000|60000"});
    expect_exact_counts(database);
}

TEST_F(SqliteSummaries, AreExactAfterAnUpgradeFromEachVersion) {
    Traffic traffic;
    store(traffic.next(1500));
    const std::vector<Told> later = traffic.next(300);
    for (std::int64_t version = 1; version < sqlite_schema_version; ++version) {
        SCOPED_TRACE("from version " + std::to_string(version));
        const std::string name = folder / ("version-" + std::to_string(version));
        sqlite::Database old(name, create);
        for (std::int64_t next = 0; next < version; ++next)
            old.execute(sqlite_schema_sql[next]);
        const std::string columns =
            "id, dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, "
            "sshd_pid, service, tty, ruser, rhost, host, flags, src_net6";
        old.execute("PRAGMA synchronous = OFF; ATTACH '" + (folder / "a.db") + "' AS new; INSERT INTO inet_log (" +
                    columns + ") SELECT " + columns + " FROM new.inet_log");
        if (version < 4)
            old.execute("UPDATE summary SET upto = 700"); // as if they were full: they begin again
        else
            old.execute("INSERT INTO attempt_success SELECT * FROM new.attempt_success");
        old.execute("DETACH new");
        prepare_sqlite_schema(old);
        EXPECT_EQ(ask(old, "SELECT id FROM failures"), failures_by_window(old));
        EXPECT_GT(old.number("SELECT count(*) FROM attempt_success").value_or(0), 100);
        expect_exact_counts(old);
        advance_sqlite_summaries(old, 600);
        expect_exact_counts(old);
        std::string lines;
        for (const Told &told : later)
            lines += line_of(told);
        SqliteWriter(old, "stream").write(test::batch_of(lines)); // successes of attempts from before, too
        EXPECT_EQ(ask(old, "SELECT id FROM failures"), failures_by_window(old));
        expect_exact_counts(old);
    }
}

// --- several writers --------------------------------------------------------------------------------------------

TEST_F(SqliteSummaries, FindTheAttemptThatAnotherProgramStored) {
    const Told attempt{.kind = "auth", .source_port = 1001, .pid = 7};
    Told success = attempt, elsewhere = attempt;
    success.kind = "account";
    elsewhere.source_port = 1002;
    store({elsewhere});
    sqlite::Database other(folder / "a.db", create);
    SqliteWriter importer(other);
    importer.import(test::batch_of(line_of(attempt)), "journal");
    store({success});
    EXPECT_EQ(ask("SELECT id, origin FROM inet_log"), (Rows{"1|-", "2|journal", "3|-"}));
    EXPECT_EQ(ask("SELECT * FROM attempt_success"), Rows{"2|3"});
    importer.import(test::batch_of(line_of(attempt)), "text");
    EXPECT_EQ(ask("SELECT id, origin FROM failures"), (Rows{"1|-", "4|text"}));
}

TEST_F(SqliteSummaries, KnowNothingOfABatchThatWasRolledBack) {
    const Told attempt{.kind = "auth", .source_port = 1001, .pid = 7};
    Told success = attempt, bad = attempt;
    success.kind = "account";
    bad.user = "bad";
    store({attempt});
    database.execute("CREATE TRIGGER refuse BEFORE INSERT ON inet_log WHEN new.uid = 'bad' "
                     "BEGIN SELECT RAISE(ABORT, 'refused'); END");
    EXPECT_THROW(store({success, attempt, bad}), sqlite::SqliteError);
    EXPECT_EQ(ask("SELECT * FROM attempt_success"), Rows{});
    store({success});
    EXPECT_EQ(ask("SELECT * FROM attempt_success"), Rows{"1|2"});
}

TEST_F(SqliteSummaries, NameNoAttemptThatWasRemoved) {
    const Told attempt{.kind = "auth", .source_port = 1001, .pid = 7};
    Told success = attempt;
    success.kind = "account";
    success.time += day;
    store({attempt});
    summarise();
    SqlitePurge(database, format_utc(begin_of_2026 + 1)).step(5);
    store({success});
    EXPECT_EQ(ask("SELECT * FROM attempt_success"), Rows{});
    summarise();
    expect_exact_counts(database);
}

// --- what is imported -------------------------------------------------------------------------------------------

class SqliteImports : public SqliteSummaries {
protected:
    void import(const std::vector<Told> &events) {
        std::string lines;
        for (const Told &told : events)
            lines += line_of(told);
        writer().import(test::batch_of(lines), "wtmp");
    }
    static Told at(const char *kind, int days) { return {.kind = kind, .pid = 7, .time = begin_of_2026 + days * day}; }
    Rows pairs() { return ask("SELECT open_id, close_id FROM session"); }
};

TEST_F(SqliteImports, StoreNoPlace) {
    import({at("auth", 0)});
    EXPECT_EQ(writer().stored(), std::nullopt);
}

TEST_F(SqliteImports, OfAnOldSessionLeaveTheLiveOneOpen) {
    store({at("open_session", 9)});
    import({at("close_session", 1), at("open_session", 2), at("close_session", 3)});
    EXPECT_EQ(pairs(), (Rows{"1|-", "3|4"}));
}

TEST_F(SqliteImports, OfAnOldSessionAreNotClosedInThePlaceOfTheLiveOne) {
    store({at("open_session", 9)});
    import({at("open_session", 2)});
    store({at("close_session", 10)});
    EXPECT_EQ(pairs(), (Rows{"1|3", "2|-"}));
}

TEST_F(SqliteImports, AreClosedByALiveEventWhereTheyAreAllThatIsKnown) {
    import({at("open_session", 2)});
    store({at("close_session", 10)});
    EXPECT_EQ(pairs(), Rows{"1|2"});
}

TEST_F(SqliteImports, OfLaterSessionsAreNotClosedByALiveEventBefore) {
    import({at("open_session", 12)});
    store({at("close_session", 10)});
    EXPECT_EQ(pairs(), Rows{"1|-"});
}

TEST_F(SqliteImports, OfAnOldSessionAreNotTheLastOfTheirUser) {
    store({at("open_session", 9)});
    import({at("open_session", 2)});
    EXPECT_EQ(ask("SELECT start_date FROM last_session"), Rows{"2026-01-10T00:00:00.000000Z"});
}

} // namespace
} // namespace iptracking
