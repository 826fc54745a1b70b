// SPDX-License-Identifier: GPL-2.0-or-later
// What every driver promises, in one set of sentences over all of them.
#include "driver/recording.h"
#include "driver/store.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <set>

using namespace iptracking;
using namespace iptracking::test;

namespace {

struct Driver {
    const char *name;
    std::unique_ptr<Store> (*make)(const std::string &);
};

class DriverContract : public testing::TestWithParam<Driver> {
protected:
    Config config() const {
        Config config;
        config.driver = store_->config();
        return config;
    }
    std::unique_ptr<Recording> start() const { return std::make_unique<Recording>(state(), config()); }
    std::string state() const { return folder_.sub("state"); }
    std::size_t rows() const { return store_->rows().size(); }

    /// The users of the rows: what the tests number their events by.
    std::vector<std::string> users() const {
        std::vector<std::string> users;
        for (const StoredRow &row : store_->rows())
            users.push_back(row.uid);
        return users;
    }
    static std::vector<std::string> numbers(int first, int last) {
        std::vector<std::string> numbers;
        for (int i = first; i <= last; ++i)
            numbers.push_back(std::to_string(i));
        return numbers;
    }
    static std::string events(int first, int last) {
        std::string lines;
        for (int i = first; i <= last; ++i)
            lines += "iptracking/1 event=auth time=" + std::to_string(1700000000000000 + i) +
                     " user=" + std::to_string(i) +
                     " src=192.0.2.7 sport=4000 dst=198.51.100.5 dport=22 pid=77 service=sshd\n";
        return lines;
    }

    TemporaryFolder folder_;
    std::unique_ptr<Store> store_ = GetParam().make(folder_.sub("store"));
};

TEST_P(DriverContract, StoresEveryFieldOfAnEvent) {
    auto recording = start();
    recording->send("iptracking/1 event=open_session time=1763716655123456 user=alice src=2001:db8::7 sport=51234 "
                    "dst=::ffff:198.51.100.5 dport=22 pid=4242 service=sshd tty=ssh\n");
    ASSERT_TRUE(recording->run_until([&] { return rows() == 1; }));
    const StoredRow row = store_->rows().at(0);
    EXPECT_EQ(row.uid, "alice");
    EXPECT_EQ(row.src, "2001:db8::7");
    EXPECT_EQ(row.dst, "198.51.100.5");
    EXPECT_EQ(row.event, "open_session");
    EXPECT_EQ(row.outcome, "");
    EXPECT_EQ(row.service, "sshd");
    EXPECT_EQ(row.date, "2025-11-21T09:17:35.123456Z");
    EXPECT_EQ(row.src_port, 51234);
    EXPECT_EQ(row.dst_port, 22);
    EXPECT_EQ(row.pid, 4242);
    EXPECT_EQ(row.flags, 0);
}

TEST_P(DriverContract, StoresWhatAConnectionMovedAndHowItWasOpened) {
    auto recording = start();
    recording->send(
        "iptracking/1 event=auth user=a rx_bytes=0 tx_bytes=72057594037927936 rx_packets=3 tx_packets=4\n"
        "iptracking/1 event=open_session user=b rx_bytes=10 auth_method=publickey,password auth_key=SHA256:a "
        "cert_id=\\xc3\\xa4\\x20b cert_serial=18446744073709551615 cert_ca=SHA256:b\n"
        "iptracking/1 event=open_session user=c\n");
    ASSERT_TRUE(recording->run_until([&] { return rows() == 3; }));
    const std::vector<StoredRow> stored = store_->rows();
    EXPECT_EQ(stored[0].counters, "0 72057594037927936 3 4");
    EXPECT_EQ(stored[0].auth, "");
    EXPECT_EQ(stored[1].counters, "10");
    EXPECT_EQ(stored[1].auth, "publickey,password SHA256:a \xc3\xa4 b 18446744073709551615 SHA256:b");
    EXPECT_EQ(stored[2].counters + stored[2].auth, "");
}

TEST_P(DriverContract, KeepsSamplesApartFromEvents) {
    const std::string connection = " src=2001:db8::7 sport=4000 dst=198.51.100.5 dport=22";
    const std::string counters = " rx_bytes=5 tx_bytes=6 rx_packets=7 tx_packets=8\n";
    auto recording = start();
    recording->send("iptracking/1 event=sample time=1700000000000001" + connection + counters + // of nothing known
                    "iptracking/1 event=open_session time=1700000000000002 user=a pid=7" + connection + "\n" +
                    "iptracking/1 event=sample time=1700000000000003" + connection + counters +
                    "iptracking/1 event=sample time=1700000000000002 tx_bytes=9" + connection + "\n" + // what came in?
                    "iptracking/1 event=sample time=1700000000000003 dport=22\n" +
                    "iptracking/1 event=close_session time=1700000000000004 user=a pid=7" + connection + "\n" +
                    "iptracking/1 event=open_session time=1700000000000005 user=b pid=8" + connection + "\n");
    ASSERT_TRUE(recording->run_until([&] { return rows() == 3; }));
    recording->send("iptracking/1 event=sample time=1700000000000006" + connection + counters +
                    "iptracking/1 event=auth user=last\n");
    ASSERT_TRUE(recording->run_until([&] { return rows() == 4; }));
    EXPECT_EQ(users(), (std::vector<std::string>{"a", "a", "b", "last"}));
    EXPECT_EQ(store_->samples(), (std::vector<std::string>{"a 5 6 7 8", "b 5 6 7 8"}));
}

TEST_P(DriverContract, TellsAttemptFromSuccess) {
    auto recording = start();
    recording->send("iptracking/1 event=auth user=a\niptracking/1 event=account user=a\n"
                    "iptracking/1 event=auth outcome=failure user=a\niptracking/1 event=other user=a\n");
    ASSERT_TRUE(recording->run_until([&] { return rows() == 4; }));
    std::vector<std::string> told;
    for (const StoredRow &row : store_->rows())
        told.push_back(row.event + ":" + row.outcome);
    EXPECT_EQ(told, (std::vector<std::string>{"auth:attempt", "auth:success", "auth:failure", "unknown:"}));
}

TEST_P(DriverContract, KeepsTheOrder) {
    auto recording = start();
    recording->send(events(1, 20000));
    ASSERT_TRUE(recording->run_until([&] { return recording->stored() == 20000; }));
    EXPECT_EQ(users(), numbers(1, 20000));
}

TEST_P(DriverContract, GivesBackWhatStrangersTyped) {
    auto recording = start();
    recording->send("iptracking/1 event=auth user=a\\x20b\n"
                    "iptracking/1 event=auth user=x,y\n"
                    "iptracking/1 event=auth user=\"q\"\n"
                    "iptracking/1 event=auth user=';\\x20DROP\\x20TABLE\\x20inet_log;\\x20--\n"
                    "iptracking/1 event=auth user=a\\x0ab\n"
                    "iptracking/1 event=auth user=\\xff\\xc3\\xa4\n"
                    "iptracking/1 event=auth user=a\\x5cb\n"
                    "iptracking/1 event=auth user=\\xe2\\x80\\xaex\n"
                    "iptracking/1 event=auth user=x\\x20src\\x3d1.2.3.4\n"
                    "iptracking/1 event=auth user=\n"
                    "iptracking/1 event=auth cut=user user=cut\n");
    ASSERT_TRUE(recording->run_until([&] { return rows() == 11; }));
    EXPECT_EQ(users(), (std::vector<std::string>{"a b", "x,y", "\"q\"", "'; DROP TABLE inet_log; --", "a\\x0ab",
                                                 "\\xffä", "a\\x5cb", "\u202ex", "x src=1.2.3.4", "<<EMPTY>>", "cut"}));
    EXPECT_EQ(store_->rows().at(9).flags, 1);
    EXPECT_EQ(store_->rows().at(10).flags, 2);
}

TEST_P(DriverContract, CutsANameThatItsSourceDidNotCut) {
    auto recording = start();
    std::string random; // nothing that can be compressed
    for (unsigned i = 0, x = 1; i < 900; ++i, x = x * 1664525 + 1013904223)
        random += "\\xf" + std::string(1, "89abcdef"[x >> 29]);
    recording->send("iptracking/1 event=auth user=" + random +
                    "\niptracking/1 event=auth user=next rhost=" + std::string(3900, 'x') + "\n");
    ASSERT_TRUE(recording->run_until([&] { return rows() == 2; }));
    EXPECT_EQ(store_->rows().at(0).uid, random.substr(0, 512 * 4));
    EXPECT_EQ(store_->rows().at(0).flags, 2);
    EXPECT_EQ(store_->rows().at(1).flags, 4);
}

TEST_P(DriverContract, GoesOnWhereItStoppedWhenItIsStartedAgain) {
    auto recording = start();
    recording->send(events(1, 100));
    recording->stop();
    EXPECT_EQ(users(), numbers(1, 100));
    recording.reset();
    recording = start();
    recording->send(events(101, 200));
    recording->stop();
    EXPECT_EQ(users(), numbers(1, 200));
}

TEST_P(DriverContract, StoresWhatWasTakenBeforeItCouldBeReached) {
    store_->take_away();
    auto recording = start();
    recording->send(events(1, 5000));
    ASSERT_TRUE(recording->run_until([&] { return !recording->state().trouble.empty() && recording->waiting() > 0; }));
    recording->stop(); // what waits is on disk
    recording.reset();
    store_->bring_back();
    recording = start();
    ASSERT_TRUE(recording->run_until([&] { return recording->stored() == 5000; }));
    EXPECT_EQ(users(), numbers(1, 5000));
}

TEST_P(DriverContract, GoesOnByItselfWhenTheDatabaseIsBack) {
    store_->take_away();
    auto recording = start();
    recording->send(events(1, 100));
    ASSERT_TRUE(recording->run_until([&] { return !recording->state().ready && !recording->state().trouble.empty(); }));
    store_->bring_back();
    ASSERT_TRUE(recording->run_until([&] { return recording->stored() == 100; }));
    EXPECT_EQ(recording->state().trouble, "");
    EXPECT_EQ(users(), numbers(1, 100));
}

TEST_P(DriverContract, GivesANewDatabaseWhatFollows) {
    auto recording = start();
    recording->send(events(1, 10));
    ASSERT_TRUE(recording->run_until([&] { return rows() == 10; }));
    store_->destroy(); // while it is open
    recording->send(events(11, 20));
    ASSERT_TRUE(recording->run_until([&] { return recording->stored() == 20; }));
    EXPECT_EQ(users(), numbers(11, 20));
}

TEST_P(DriverContract, DoublesNothingInADatabaseThatWasPutBackAndGivesItWhatFollows) {
    auto recording = start();
    recording->send(events(1, 10));
    recording->stop();
    recording.reset();
    store_->keep_a_copy();
    recording = start();
    recording->send(events(11, 20));
    recording->stop();
    recording.reset();
    EXPECT_EQ(users(), numbers(1, 20));
    store_->put_the_copy_back();
    recording = start();
    recording->send(events(21, 30));
    recording->stop();
    const auto stored = users();
    ASSERT_GE(stored.size(), 20u);
    EXPECT_EQ(std::vector(stored.begin(), stored.begin() + 10), numbers(1, 10));
    EXPECT_EQ(std::vector(stored.end() - 10, stored.end()), numbers(21, 30));
    EXPECT_EQ(std::set(stored.begin(), stored.end()).size(), stored.size());
}

TEST_P(DriverContract, BeginsANewStreamWhenThePoolWasPutBack) {
    auto recording = start();
    recording->send(events(1, 10));
    recording->stop();
    recording.reset();
    const std::string pool = state() + "/pool", copy = state() + "/copy";
    std::filesystem::copy(pool, copy, std::filesystem::copy_options::recursive);
    recording = start();
    recording->send(events(11, 20));
    recording->stop();
    recording.reset();
    std::filesystem::remove_all(pool);
    std::filesystem::rename(copy, pool);
    recording = start();
    recording->send(events(21, 30));
    recording->stop();
    EXPECT_EQ(users(), numbers(1, 30));
}

TEST_P(DriverContract, GoesOnWithinTheRecordsThatItMayHave) {
    Config small = config();
    small.pool.records = {.min = 1, .max = 7, .delta = 2};
    Recording recording(state(), small);
    recording.send(events(1, 1000));
    ASSERT_TRUE(recording.run_until([&] { return recording.stored() == 1000; }));
    EXPECT_EQ(users(), numbers(1, 1000));
}

TEST_P(DriverContract, LosesNothingWhereThePoolIsSmall) {
    Config small = config();
    small.pool.max_bytes = 65536;
    Recording recording(state(), small);
    recording.send(events(1, 20000)); // some 2.4 MB: the pool, the pipe, and then the writer waits
    ASSERT_TRUE(recording.run_until([&] { return recording.stored() == 20000; }));
    EXPECT_EQ(users(), numbers(1, 20000));
    EXPECT_LE(recording.segments().size(), 65536u);
}

TEST_P(DriverContract, GetsPastALongLineWhereThePoolIsSmall) {
    Config small = config();
    small.pool.max_bytes = 65536;
    Recording recording(state(), small);
    recording.send(std::string(300'000, 'x') + "\n" + events(1, 10));
    ASSERT_TRUE(recording.run_until([&] { return recording.stored() == 10; }));
    EXPECT_EQ(users(), numbers(1, 10));
}

TEST_P(DriverContract, LosesNoNewEventWhereAPowerCutTookTheEndOfThePool) {
    auto recording = start();
    recording->send(events(1, 20));
    recording->stop();
    recording.reset();
    const std::string segment = state() + "/pool/0000000000000001.lines";
    std::filesystem::resize_file(segment, std::filesystem::file_size(segment) / 2);
    store_->take_away();
    recording = start();
    recording->send(events(21, 25)); // before the database can be asked
    ASSERT_TRUE(recording->run_until([&] { return !recording->state().trouble.empty() && recording->waiting() > 0; }));
    store_->bring_back();
    ASSERT_TRUE(recording->run_until([&] { return recording->stored() == 5; }));
    recording->send(events(26, 30));
    recording->stop();
    EXPECT_EQ(users(), numbers(1, 30));
}

TEST_P(DriverContract, DoublesNothingWithoutTheHintOfThePool) {
    auto recording = start();
    recording->send(events(1, 10));
    recording->stop();
    recording.reset();
    std::filesystem::remove(state() + "/pool/stored");
    recording = start();
    recording->send(events(11, 20));
    recording->stop();
    EXPECT_EQ(users(), numbers(1, 20));
}

TEST_P(DriverContract, SkipsWhatCannotBeReadAndComesBackToNoneOfIt) {
    auto recording = start();
    recording->send(events(1, 1) + "garbage\n" + events(2, 2) + "garbage\n");
    recording->stop();
    recording.reset();
    recording = start();
    recording->send(events(3, 3));
    recording->stop();
    EXPECT_EQ(users(), numbers(1, 3));
}

constexpr Driver drivers[] = {
    {"csvfile", make_csv_store},
#if IPTRACKING_HAVE_SQLITE3
    {"sqlite3", make_sqlite_store},
#endif
#if IPTRACKING_HAVE_POSTGRESQL
    {"postgresql", make_postgres_store},
#endif
};

INSTANTIATE_TEST_SUITE_P(Every, DriverContract, testing::ValuesIn(drivers),
                         [](const auto &instance) { return std::string(instance.param.name); });

} // namespace
