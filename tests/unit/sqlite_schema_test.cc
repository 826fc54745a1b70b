// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_schema.h"

#include "event/timestamp.h"
#include "sqlite_log.h"
#include "store/sqlite_schema_sql.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <tuple>

namespace iptracking {
namespace {

using test::begin_of_2026;
using test::create;
using test::day;
using test::line_of;
using test::Rows;
using test::Told;
using test::Traffic;
using SqliteSchema = test::SqliteLog;

// --- the schema itself ------------------------------------------------------------------------------------------

TEST_F(SqliteSchema, IsMadeOnceAndKnown) {
    EXPECT_EQ(check_sqlite_schema(database), sqlite_schema_version);
    store({{.kind = "auth"}});
    prepare_sqlite_schema(database);
    EXPECT_EQ(ask("SELECT count(*) FROM inet_log"), Rows{"1"});
}

TEST_F(SqliteSchema, IsUpgradedFromEachVersionAndKeepsWhatIsThere) {
    for (std::int64_t version = 1; version < sqlite_schema_version; ++version) {
        sqlite::Database old(folder / ("version-" + std::to_string(version)), create);
        for (std::int64_t next = 0; next < version; ++next)
            old.execute(sqlite_schema_sql[next]);
        ASSERT_EQ(check_sqlite_schema(old), version);
        old.execute("INSERT INTO inet_log (id, log_event, outcome, uid, src_ipaddr, log_date) "
                    "VALUES (7, 1, 'success', 'alice', '192.0.2.7', '2026-01-01T00:00:00.000000Z');"
                    "UPDATE summary SET upto = 7 WHERE name = 'address_day'");
        prepare_sqlite_schema(old);
        EXPECT_EQ(check_sqlite_schema(old), sqlite_schema_version);
        EXPECT_EQ(sqlite_summaries_behind(old), 7);
        for (int step = 0; step < 2; ++step) {
            EXPECT_EQ(old.number("SELECT log_count FROM user_addresses WHERE uid = 'alice'"), 1);
            advance_sqlite_summaries(old, 100);
        }
        EXPECT_EQ(old.number("SELECT count(*) FROM inet_log"), 1);
    }
}

TEST_F(SqliteSchema, IsTakenForOursWhereItWasMadeDuringTheLook) {
    sqlite::Database empty(folder / "empty.db", create);
    struct Maker {
        std::string file;
        bool has_made = false;
    } maker{folder / "empty.db"};
    const auto make = [](unsigned, void *context, void *, void *text) {
        auto &other = *static_cast<Maker *>(context);
        if (!other.has_made &&
            std::string_view(static_cast<const char *>(text)).find("sqlite_schema") != std::string_view::npos) {
            other.has_made = true;
            sqlite::Database made(other.file, create);
            prepare_sqlite_schema(made);
        }
        return 0;
    };
    ASSERT_EQ(sqlite3_trace_v2(empty.get(), SQLITE_TRACE_STMT, make, &maker), SQLITE_OK);
    EXPECT_EQ(check_sqlite_schema(empty), sqlite_schema_version);
    EXPECT_TRUE(maker.has_made);
}

TEST_F(SqliteSchema, IsNotThereInAnEmptyDatabase) {
    sqlite::Database empty(folder / "empty.db", create);
    EXPECT_EQ(check_sqlite_schema(empty), 0);
}

TEST_F(SqliteSchema, RefusesADatabaseOfSomebodyElse) {
    sqlite::Database other(folder / "other.db", create);
    other.execute("CREATE TABLE inet_log (a)");
    EXPECT_THROW(prepare_sqlite_schema(other), Error);
    sqlite::Database marked(folder / "marked.db", create);
    marked.execute("PRAGMA application_id = 77");
    EXPECT_THROW(prepare_sqlite_schema(marked), Error);
}

TEST_F(SqliteSchema, RefusesANewerVersion) {
    database.execute("PRAGMA user_version = 1000");
    try {
        prepare_sqlite_schema(database);
        FAIL() << "it was taken";
    } catch (const Error &error) {
        EXPECT_NE(std::string(error.what()).find("has schema version 1000; this program knows those up to "),
                  std::string::npos)
            << error.what();
    }
}

TEST_F(SqliteSchema, HasOneIndexOnTheLogOfMoreThanWhatOpensSessions) {
    EXPECT_EQ(ask("SELECT name FROM pragma_index_list('inet_log') WHERE NOT partial"), Rows{"inet_log_log_date"});
    EXPECT_EQ(ask("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'inet_log' "
                  "AND sql NOT LIKE '%WHERE%log_event = 2'"),
              Rows{"1"});
}

// --- rows -------------------------------------------------------------------------------------------------------

TEST_F(SqliteSchema, KeepsAnEventColumnByColumn) {
    writer().write(test::batch_of(
        "iptracking/1 event=account time=1795266307123456 user=al\\x5cice src=2001:db8::7 sport=51234 dst=198.51.100.5 "
        "dport=22 pid=4242 service=sshd tty=ssh ruser=r rhost=h host=login1 cut=tty\n"));
    EXPECT_EQ(
        ask("SELECT dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, "
            "service, tty, ruser, rhost, host, flags, src_net6 FROM inet_log"),
        Rows{"198.51.100.5|2001:db8::7|51234|1|al\\x5cice|2026-11-21T13:05:07.123456Z|22|success|4242|sshd|ssh|r|h|"
             "login1|4|2001:0db8:0000:0000"});
}

TEST_F(SqliteSchema, KeepsNothingWhereNothingIsKnown) {
    writer().write(test::batch_of("iptracking/1 event=exec time=0 host=h\n"));
    EXPECT_EQ(ask("SELECT dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, "
                  "service, tty, ruser, rhost, flags, src_net6 FROM inet_log"),
              Rows{"-|-|-|0|-|1970-01-01T00:00:00.000000Z|-|-|-|-|-|-|-|0|-"});
}

TEST_F(SqliteSchema, KeepsAnEmptyUserWithItsFlag) {
    writer().write(test::batch_of("iptracking/1 event=auth time=0 user=\n"));
    EXPECT_EQ(ask("SELECT uid, flags FROM inet_log"), Rows{"<<EMPTY>>|1"});
}

TEST_F(SqliteSchema, NumbersTheRowsInTheirOrderAndUsesNoNumberTwice) {
    store({{.kind = "auth", .user = "a"}, {.kind = "auth", .user = "b"}});
    EXPECT_EQ(ask("SELECT id, uid FROM inet_log"), (Rows{"1|a", "2|b"}));
    advance_sqlite_summaries(database, 100);
    database.execute("DELETE FROM inet_log");
    SqliteWriter next(database, "other");
    next.write(test::batch_of(line_of({.kind = "auth", .user = "c"})));
    EXPECT_EQ(ask("SELECT id, uid FROM inet_log"), Rows{"3|c"});
}

TEST_F(SqliteSchema, RemembersThePlaceOfEachStreamTogetherWithTheRows) {
    EXPECT_EQ(writer().stored(), std::nullopt);
    Batch batch = test::batch_of(line_of({.kind = "auth"}));
    batch.to = {3, 4096};
    writer().write(batch);
    EXPECT_EQ(writer().stored(), (Place{3, 4096}));
    batch.to = {4, 0};
    writer().write(batch);
    EXPECT_EQ(writer().stored(), (Place{4, 0}));
    EXPECT_EQ(SqliteWriter(database, "another").stored(), std::nullopt);
}

TEST_F(SqliteSchema, KeepsNothingOfABatchThatFailsInItsMiddle) {
    database.execute("CREATE TRIGGER refuse BEFORE INSERT ON inet_log WHEN new.uid = 'bad' "
                     "BEGIN SELECT RAISE(ABORT, 'refused'); END");
    EXPECT_THROW(store({{.kind = "auth", .user = "a"}, {.kind = "auth", .user = "bad"}}), sqlite::SqliteError);
    EXPECT_EQ(ask("SELECT * FROM inet_log"), Rows{});
    EXPECT_EQ(writer().stored(), std::nullopt);
    store({{.kind = "auth", .user = "b"}});
    EXPECT_EQ(ask("SELECT id, uid FROM inet_log"), Rows{"1|b"});
}

TEST_F(SqliteSchema, KeepsNothingOfABatchThatFindsALock) {
    writer();
    sqlite::Database other(folder / "a.db", create);
    {
        const sqlite::Transaction lock(other);
        EXPECT_THROW(store({{.kind = "auth"}}), sqlite::SqliteError);
    }
    EXPECT_EQ(writer().stored(), std::nullopt);
    store({{.kind = "auth"}});
    EXPECT_EQ(ask("SELECT id FROM inet_log"), Rows{"1"});
}

// --- failures ---------------------------------------------------------------------------------------------------

class Failures : public SqliteSchema {
protected:
    /// The users of the attempts that count as failed; each attempt is told with a user of its own.
    Rows failed() { return ask("SELECT uid FROM failures"); }

    static Told attempt(const char *user, int port = 1001, int pid = 7) {
        return {.kind = "auth", .user = user, .source_port = port, .pid = pid};
    }
    static Told success(int port = 1001, int pid = 7) { return {.kind = "account", .source_port = port, .pid = pid}; }
};

TEST_F(Failures, AreAllAttemptsWithoutASuccess) {
    store({attempt("1"), attempt("2")});
    EXPECT_EQ(failed(), (Rows{"1", "2"}));
}

TEST_F(Failures, AreAllButTheLastOfTheAttemptsBeforeASuccess) {
    store({attempt("1"), attempt("2"), attempt("3"), success()});
    EXPECT_EQ(failed(), (Rows{"1", "2"}));
}

TEST_F(Failures, AreNoneWhereTheFirstAttemptSucceeds) {
    store({attempt("1"), success()});
    EXPECT_EQ(failed(), Rows{});
}

TEST_F(Failures, AreNoneWhereASuccessNeedsNoAttempt) {
    store({success()});
    EXPECT_EQ(failed(), Rows{});
}

TEST_F(Failures, AreFoundWhereTheAttemptsOfTwoConnectionsMix) {
    store({attempt("a1", 1001, 7), attempt("b1", 1002, 8), attempt("a2", 1001, 7), success(1002, 8),
           attempt("a3", 1001, 7), success(1001, 7)});
    EXPECT_EQ(failed(), (Rows{"a1", "a2"}));
}

TEST_F(Failures, AreNotForgivenByTheSuccessOfALaterConnectionFromTheSamePort) {
    store({attempt("old", 1001, 7), success(1001, 8)});
    EXPECT_EQ(failed(), Rows{"old"});
}

TEST_F(Failures, AreNotForgivenByTheSuccessOfTheSamePortOnAnotherHost) {
    Told other = success();
    other.host = "login2";
    store({attempt("1"), other});
    EXPECT_EQ(failed(), Rows{"1"});
}

TEST_F(Failures, AreNotForgivenByTheSuccessOfAnotherSource) {
    Told other = success();
    other.source = "192.0.2.8";
    store({attempt("1"), other});
    EXPECT_EQ(failed(), Rows{"1"});
}

TEST_F(Failures, AreFoundOnAConnectionThatSucceedsTwice) {
    store({attempt("1"), success(), attempt("2"), attempt("3"), success()});
    EXPECT_EQ(failed(), Rows{"2"});
}

TEST_F(Failures, AreNotSeparatedFromTheirSuccessBySessions) {
    store({attempt("1"), {.kind = "open_session", .source_port = 1001, .pid = 7}, success()});
    EXPECT_EQ(failed(), Rows{});
}

TEST_F(Failures, OfLocalServicesAreToldApartByProcessAndService) {
    const auto local = [](const char *kind, const char *user, int pid, const char *service) {
        return Told{.kind = kind,
                    .user = user,
                    .source = "",
                    .destination = "",
                    .destination_port = 0,
                    .pid = pid,
                    .service = service};
    };
    store({local("auth", "sudo1", 7, "sudo"), local("auth", "su1", 7, "su"), local("auth", "su2", 8, "su"),
           local("account", "x", 7, "sudo"), local("account", "x", 8, "su")});
    EXPECT_EQ(failed(), Rows{"su1"});
}

TEST_F(Failures, AreKnownToSomeSources) {
    store({{.kind = "auth", .user = "imported", .source_port = 1001, .outcome = "failure"}});
    EXPECT_EQ(failed(), Rows{"imported"});
}

TEST_F(Failures, OfLinesWithoutAProcessAreJoinedByTheConnection) {
    store({attempt("1", 1001, 0), attempt("2", 1001, 0), success(1001, 0)});
    EXPECT_EQ(failed(), Rows{"1"});
}

// --- sessions ---------------------------------------------------------------------------------------------------

class Sessions : public SqliteSchema {
protected:
    static Told open(const char *user, int port, int pid, std::int64_t time = begin_of_2026) {
        return {.kind = "open_session", .user = user, .source_port = port, .pid = pid, .time = time};
    }
    static Told close(const char *user, int port, int pid, std::int64_t time = begin_of_2026) {
        return {.kind = "close_session", .user = user, .source_port = port, .pid = pid, .time = time};
    }
    Rows open_sessions() { return ask("SELECT uid, sshd_pid FROM open_sessions"); }
};

TEST_F(Sessions, AreOpenUntilTheyAreClosed) {
    store({open("a", 1001, 7), open("b", 1002, 8)});
    EXPECT_EQ(open_sessions(), (Rows{"a|7", "b|8"}));
    store({close("a", 1001, 7)});
    EXPECT_EQ(open_sessions(), Rows{"b|8"});
}

TEST_F(Sessions, ThatAreCompletedHaveADuration) {
    store({open("a", 1001, 7), close("a", 1001, 7, begin_of_2026 + day + 1'500'000)});
    EXPECT_EQ(
        ask("SELECT uid, src_ipaddr, src_port, dst_ipaddr, dst_port, service, host, sshd_pid, start_date, end_date, "
            "seconds FROM completed_sessions"),
        Rows{"a|192.0.2.7|1001|198.51.100.5|22|sshd|login1|7|2026-01-01T00:00:00.000000Z|"
             "2026-01-02T00:00:01.500000Z|86401.5"});
    EXPECT_EQ(open_sessions(), Rows{});
}

TEST_F(Sessions, AreClosedByTheSameProcessOnly) {
    store({open("a", 1001, 7), close("a", 1001, 8)});
    EXPECT_EQ(open_sessions(), Rows{"a|7"});
    EXPECT_EQ(ask("SELECT * FROM completed_sessions"), Rows{});
}

TEST_F(Sessions, OfAProcessAreClosedWhateverIsSaidOfTheConnection) {
    Told falsified = close("x", 9, 7);
    falsified.source = "203.0.113.1";
    store({open("a", 1001, 7), falsified});
    EXPECT_EQ(open_sessions(), Rows{});
}

TEST_F(Sessions, WithoutAProcessAreClosedOnTheSameConnectionOnly) {
    store({open("a", 1001, 0), close("a", 1002, 0)});
    EXPECT_EQ(open_sessions(), Rows{"a|-"});
    store({close("a", 1001, 0)});
    EXPECT_EQ(open_sessions(), Rows{});
}

TEST_F(Sessions, AreClosedOnTheSameHostOnly) {
    Told elsewhere = close("a", 1001, 7);
    elsewhere.host = "login2";
    store({open("a", 1001, 7), elsewhere});
    EXPECT_EQ(open_sessions(), Rows{"a|7"});
}

TEST_F(Sessions, OfTheSameProcessAreClosedTheLastOneFirst) {
    store({open("first", 1001, 7), open("second", 1001, 7), close("x", 1001, 7)});
    EXPECT_EQ(open_sessions(), Rows{"first|7"});
    store({close("x", 1001, 7)});
    EXPECT_EQ(open_sessions(), Rows{});
}

TEST_F(Sessions, WithoutAProcessAreClosedByTheirUser) {
    store({open("a", 1001, 0), open("b", 1001, 0), close("a", 1001, 0)});
    EXPECT_EQ(open_sessions(), Rows{"b|-"});
}

TEST_F(Sessions, AreNotClosedTwice) {
    store({open("a", 1001, 7, begin_of_2026), close("a", 1001, 7, begin_of_2026 + day),
           close("a", 1001, 7, begin_of_2026 + 2 * day)});
    EXPECT_EQ(ask("SELECT end_date FROM completed_sessions"), Rows{"2026-01-02T00:00:00.000000Z"});
}

TEST_F(Sessions, OfWhichOneIsTheLastOfEachUser) {
    store({open("a", 1001, 7, begin_of_2026), close("a", 1001, 7, begin_of_2026 + day),
           open("a", 1002, 8, begin_of_2026 + 2 * day), open("b", 1003, 9, begin_of_2026),
           close("b", 1003, 9, begin_of_2026 + day)});
    EXPECT_EQ(ask("SELECT uid, start_date, end_date FROM last_session"),
              (Rows{"a|2026-01-03T00:00:00.000000Z|-", "b|2026-01-01T00:00:00.000000Z|2026-01-02T00:00:00.000000Z"}));
}

// --- nets -------------------------------------------------------------------------------------------------------

TEST_F(SqliteSchema, HasTheNetsOfIPv4) {
    store({{.kind = "auth", .source = "192.0.2.7"},
           {.kind = "auth", .source = "192.0.2.255"},
           {.kind = "auth", .source = "192.0.12.7"},
           {.kind = "auth", .source = "192.200.2.7"},
           {.kind = "auth", .source = "1.1.1.1"}});
    EXPECT_EQ(ask("SELECT ipnet, log_count FROM agg_nets_24"),
              (Rows{"1.1.1.0/24|1", "192.0.12.0/24|1", "192.0.2.0/24|2", "192.200.2.0/24|1"}));
    EXPECT_EQ(ask("SELECT ipnet, log_count FROM agg_nets_16"),
              (Rows{"1.1.0.0/16|1", "192.0.0.0/16|3", "192.200.0.0/16|1"}));
    EXPECT_EQ(ask("SELECT ipnet, log_count FROM agg_nets_8"), (Rows{"1.0.0.0/8|1", "192.0.0.0/8|4"}));
}

TEST_F(SqliteSchema, HasTheNetsOfIPv6) {
    store({{.kind = "auth", .source = "2001:db8::7"},
           {.kind = "auth", .source = "2001:db8::1:0:0:7"},
           {.kind = "auth", .source = "2001:db8:0:1::7"},
           {.kind = "auth", .source = "2001:db8:1::7"},
           {.kind = "auth", .source = "2001:db9::7"},
           {.kind = "auth", .source = "::1"}});
    EXPECT_EQ(ask("SELECT ipnet, log_count FROM agg_nets_24"),
              (Rows{"0000:0000:0000:0000::/64|1", "2001:0db8:0000:0000::/64|2", "2001:0db8:0000:0001::/64|1",
                    "2001:0db8:0001:0000::/64|1", "2001:0db9:0000:0000::/64|1"}));
    EXPECT_EQ(
        ask("SELECT ipnet, log_count FROM agg_nets_16"),
        (Rows{"0000:0000:0000::/48|1", "2001:0db8:0000::/48|3", "2001:0db8:0001::/48|1", "2001:0db9:0000::/48|1"}));
    EXPECT_EQ(ask("SELECT ipnet, log_count FROM agg_nets_8"),
              (Rows{"0000:0000::/32|1", "2001:0db8::/32|4", "2001:0db9::/32|1"}));
}

// --- the views against the same answers computed here -----------------------------------------------------------

std::string or_null(const std::string &text) {
    return text.empty() ? "-" : text;
}

/// The address in its bits, cut.
std::string net_of(const std::string &source, unsigned bits_of_v4, unsigned bits_of_v6) {
    const IpAddress address = IpAddress::parse(source).value();
    if (address.is_v4()) {
        std::string text;
        for (unsigned i = 0; i < 4; ++i)
            text += (i == 0 ? "" : ".") + std::to_string(i * 8 < bits_of_v4 ? address.bytes[12 + i] : 0);
        return text + "/" + std::to_string(bits_of_v4);
    }
    std::string text;
    for (unsigned i = 0; i < bits_of_v6 / 16; ++i) {
        char part[8];
        std::snprintf(part, sizeof(part), "%02x%02x:", address.bytes[2 * i], address.bytes[2 * i + 1]);
        text += part;
    }
    return text + ":/" + std::to_string(bits_of_v6);
}

struct Count {
    int events = 0;
    std::string start = "~", end;
    void add(const std::string &date) {
        ++events;
        start = std::min(start, date);
        end = std::max(end, date);
    }
};

template <class KeyOf> Rows counted(const std::vector<Told> &events, KeyOf key_of) {
    std::map<std::string, Count> counts;
    for (const Told &told : events)
        if (!told.source.empty())
            counts[key_of(told)].add(format_utc(told.time));
    Rows rows;
    for (const auto &[key, count] : counts)
        rows.push_back(key + "|" + std::to_string(count.events) + "|" + count.start + "|" + count.end);
    std::sort(rows.begin(), rows.end());
    return rows;
}

std::string connection_of(const Told &told) {
    std::string key = told.host + " " + std::to_string(told.pid) + " ";
    if (told.source_port == 0)
        return key + told.service;
    return key + told.source + " " + std::to_string(told.source_port) + " " + told.destination + " " +
           std::to_string(told.destination_port);
}

/// Of the attempts on one connection before its success all but the last, without a success all.
Rows failures_of(const std::vector<Told> &events) {
    std::map<std::string, std::vector<std::size_t>> waiting; // attempts since the last success
    std::set<std::size_t> failed;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const Told &told = events[i];
        std::vector<std::size_t> &attempts = waiting[connection_of(told)];
        if (told.outcome == "failure") {
            failed.insert(i);
            failed.insert(attempts.begin(), attempts.end());
            attempts.clear();
        } else if (told.kind == "auth") {
            attempts.push_back(i);
        } else if (told.kind == "account") {
            if (!attempts.empty())
                attempts.pop_back();
            failed.insert(attempts.begin(), attempts.end());
            attempts.clear();
        }
    }
    for (const auto &[connection, attempts] : waiting)
        failed.insert(attempts.begin(), attempts.end());
    Rows rows;
    for (const std::size_t i : failed)
        rows.push_back(std::to_string(i + 1));
    std::sort(rows.begin(), rows.end());
    return rows;
}

struct SessionRows {
    Rows open, completed, last;
};

SessionRows sessions_of(const std::vector<Told> &events) {
    struct Session {
        std::size_t open, close = 0;
    };
    std::map<std::string, Session> open;
    std::vector<Session> sessions;
    std::map<std::string, Session> last;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].kind == "open_session") {
            open[connection_of(events[i])] = {i};
            // The last one by date; of the same date the one that came last.
            const auto known = last.find(events[i].user);
            if (known == last.end() || events[known->second.open].time <= events[i].time)
                last[events[i].user] = {i};
        } else if (events[i].kind == "close_session") {
            const auto found = open.find(connection_of(events[i]));
            sessions.push_back({found->second.open, i});
            if (last[events[i].user].open == found->second.open)
                last[events[i].user].close = i;
            open.erase(found);
        }
    }
    SessionRows rows;
    for (const auto &[connection, session] : open)
        rows.open.push_back(std::to_string(session.open + 1));
    for (const Session &session : sessions)
        rows.completed.push_back(std::to_string(session.open + 1) + "|" + format_utc(events[session.open].time) + "|" +
                                 format_utc(events[session.close].time));
    for (const auto &[user, session] : last)
        rows.last.push_back(user + "|" + format_utc(events[session.open].time) + "|" +
                            (session.close == 0 ? "-" : format_utc(events[session.close].time)));
    for (Rows *each : {&rows.open, &rows.completed, &rows.last})
        std::sort(each->begin(), each->end());
    return rows;
}

class SqliteViews : public SqliteSchema {
protected:
    void expect_views_of(const std::vector<Told> &all) {
        struct View {
            const char *suffix;
            unsigned v4, v6;
        };
        for (const View &view : {View{"nets_24", 24, 64}, View{"nets_16", 16, 48}, View{"nets_8", 8, 32}}) {
            const auto net = [&](const Told &told) { return net_of(told.source, view.v4, view.v6); };
            EXPECT_EQ(ask(std::string("SELECT ipnet, log_count, start_date, end_date FROM agg_") + view.suffix),
                      counted(all, net));
            EXPECT_EQ(ask(std::string("SELECT dst_ipaddr, ipnet, log_count, start_date, end_date FROM ") + view.suffix),
                      counted(all, [&](const Told &told) { return or_null(told.destination) + "|" + net(told); }));
        }
        EXPECT_EQ(ask("SELECT ipaddr, log_count, start_date, end_date FROM agg_ips"),
                  counted(all, [](const Told &told) { return told.source; }));
        EXPECT_EQ(ask("SELECT dst_ipaddr, ipaddr, log_count, start_date, end_date FROM ips"),
                  counted(all, [](const Told &told) { return or_null(told.destination) + "|" + told.source; }));
        std::vector<Told> successes;
        std::copy_if(all.begin(), all.end(), std::back_inserter(successes),
                     [](const Told &told) { return told.kind == "account"; });
        EXPECT_EQ(ask("SELECT uid, src_ipaddr, log_count, start_date, end_date FROM user_addresses"),
                  counted(successes, [](const Told &told) { return told.user + "|" + told.source; }));
        EXPECT_EQ(ask("SELECT id FROM failures"), failures_of(all));
        const SessionRows sessions = sessions_of(all);
        EXPECT_EQ(ask("SELECT id FROM open_sessions"), sessions.open);
        EXPECT_EQ(ask("SELECT id, start_date, end_date FROM completed_sessions"), sessions.completed);
        EXPECT_EQ(ask("SELECT uid, start_date, end_date FROM last_session"), sessions.last);
    }
};

TEST_F(SqliteViews, AreExactHoweverFarTheSummariesTrailBehind) {
    Traffic traffic;
    std::mt19937 random(7);
    std::vector<Told> all;
    for (int round = 0; round < 25; ++round) {
        const std::vector<Told> events = traffic.next(1 + random() % 150);
        all.insert(all.end(), events.begin(), events.end());
        store(events);
        for (auto steps = random() % 4; steps > 0; --steps)
            advance_sqlite_summaries(database, static_cast<std::int64_t>(1 + random() % 60));
        SCOPED_TRACE("round " + std::to_string(round) + ", " + std::to_string(sqlite_summaries_behind(database)) +
                     " of " + std::to_string(all.size()) + " behind");
        expect_views_of(all);
        if (HasFailure())
            return;
    }
    while (advance_sqlite_summaries(database, 100))
        continue;
    EXPECT_EQ(sqlite_summaries_behind(database), 0);
    expect_views_of(all);
}

TEST_F(SqliteViews, AreEmptyAtFirst) {
    expect_views_of({});
}

TEST_F(SqliteSchema, SaysHowFarTheSummariesTrailBehindAndWhetherMoreDoes) {
    store(Traffic().next(10));
    EXPECT_EQ(sqlite_summaries_behind(database), 10);
    EXPECT_TRUE(advance_sqlite_summaries(database, 4));
    EXPECT_EQ(sqlite_summaries_behind(database), 6);
    EXPECT_FALSE(advance_sqlite_summaries(database, 6));
    EXPECT_EQ(sqlite_summaries_behind(database), 0);
    EXPECT_FALSE(advance_sqlite_summaries(database, 6));
}

TEST_F(SqliteSchema, SummarisesByDayAlsoWhatArrivesLate) {
    const auto at = [](std::int64_t time) { return Told{.kind = "auth", .time = time}; };
    store({at(begin_of_2026 + 5), at(begin_of_2026 + day), at(begin_of_2026 + 3), at(begin_of_2026 + 7)});
    while (advance_sqlite_summaries(database, 1))
        continue;
    EXPECT_EQ(ask("SELECT day, log_count, start_date, end_date FROM address_day"),
              (Rows{"2026-01-01|3|2026-01-01T00:00:00.000003Z|2026-01-01T00:00:00.000007Z",
                    "2026-01-02|1|2026-01-02T00:00:00.000000Z|2026-01-02T00:00:00.000000Z"}));
}

} // namespace
} // namespace iptracking
