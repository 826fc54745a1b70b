// SPDX-License-Identifier: GPL-2.0-or-later
// What only a database has that many hosts write to.
#include "driver/postgres_server.h"
#include "driver/recording.h"
#include "driver/store.h"
#include "pool/sent_batches.h"

#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <sys/resource.h>

using namespace iptracking;
using namespace iptracking::test;

namespace {

class PostgresDriver : public testing::Test {
protected:
    std::unique_ptr<Recording> start(const std::string &state) const {
        Config config;
        config.driver = store_->config();
        return std::make_unique<Recording>(folder_.path() + "/" + state, config);
    }
    std::string make_clone() const {
        std::filesystem::copy(folder_.path() + "/state/pool", folder_.sub("clone") + "/pool",
                              std::filesystem::copy_options::recursive);
        return "clone";
    }
    static std::string events(int first, int last) {
        std::string lines;
        for (int i = first; i <= last; ++i)
            lines += "iptracking/1 event=auth user=" + std::to_string(i) + "\n";
        return lines;
    }
    /// The numbers of the events that are stored, and how many rows there are.
    std::pair<std::set<int>, std::size_t> stored() const {
        std::set<int> numbers;
        const auto rows = store_->rows();
        for (const StoredRow &row : rows)
            numbers.insert(std::stoi(row.uid));
        return {numbers, rows.size()};
    }
    static std::pair<std::set<int>, std::size_t> all(int last) {
        std::set<int> numbers;
        for (int i = 1; i <= last; ++i)
            numbers.insert(i);
        return {numbers, static_cast<std::size_t>(last)};
    }

    TemporaryFolder folder_;
    const std::string state_ = folder_.sub("state");
    std::unique_ptr<Store> store_ = make_postgres_store("");
};

TEST_F(PostgresDriver, StoresTheEventsOfAHostAndOfItsClone) {
    auto host = start("state");
    host->send(events(1, 10));
    host->stop();
    host.reset();
    const std::string clone_state = make_clone();
    host = start("state");
    host->send(events(11, 20));
    host->stop();
    host.reset();
    store_->take_away();
    auto clone = start(clone_state);
    clone->send(events(21, 60)); // what the host has stored could be the beginning of this
    clone->stop();
    clone.reset();
    clone = start(clone_state);
    ASSERT_TRUE(clone->run_until([&] { return clone->waiting() > 0 && !clone->state().trouble.empty(); }));
    store_->bring_back();
    ASSERT_TRUE(clone->run_until([&] { return clone->stored() == 40; }));
    EXPECT_EQ(stored(), all(60));
}

TEST_F(PostgresDriver, StoresTheEventsOfTwoThatRunUnderOneNameAlready) {
    auto host = start("state");
    host->send(events(1, 10));
    ASSERT_TRUE(host->run_until([&] { return host->stored() == 10; }));
    auto clone = start(make_clone());
    ASSERT_TRUE(clone->run_until([&] { return clone->state().ready; }));
    host->send(events(11, 20));
    ASSERT_TRUE(host->run_until([&] { return host->stored() == 20; }));
    clone->send(events(21, 30));
    ASSERT_TRUE(clone->run_until([&] { return clone->stored() == 10; }));
    host->send(events(31, 40));
    ASSERT_TRUE(host->run_until([&] { return host->stored() == 30; }));
    EXPECT_EQ(stored(), all(40));
}

TEST_F(PostgresDriver, StoresOnceWhatIsCommittedAfterManyMoreTries) {
    auto host = start("state");
    host->send(events(1, 10));
    ASSERT_TRUE(host->run_until([&] { return host->stored() == 10; }));
    const auto connect = [&] {
        return PostgresServer::get().connect(std::get<PostgresConfig>(store_->config()).keywords.at("dbname"));
    };
    auto lock = connect(), admin = connect();
    const auto waits = [&] { return admin.execute("SELECT FROM pg_locks WHERE NOT granted").rows() > 0; };
    admin.execute("ALTER FUNCTION advance_stream SET lock_timeout = 0");
    lock.execute("BEGIN; UPDATE stream SET batch = batch");
    host->send(events(11, 20));
    ASSERT_TRUE(host->run_until(waits));
    host.reset(); // the answer is lost
    admin.execute("ALTER FUNCTION advance_stream SET lock_timeout = '1ms'");
    for (std::size_t i = 0; i <= SentBatches::kept; ++i) {
        host = start("state");
        ASSERT_TRUE(host->run_until([&] { return !host->state().trouble.empty(); }));
        host.reset();
    }
    lock.execute("COMMIT");
    host = start("state");
    ASSERT_TRUE(host->run_until([&] { return host->waiting() == 0; }));
    host->send(events(21, 30));
    ASSERT_TRUE(host->run_until([&] { return host->waiting() == 0 && stored().first.contains(30); }));
    EXPECT_EQ(stored(), all(30));
}

TEST_F(PostgresDriver, LooksAgainWhereItCannotEvenStart) {
    std::filesystem::create_directories(state_ + "/pool/sent"); // as if the disk were bad
    auto host = start("state");
    ASSERT_TRUE(host->run_until([&] { return !host->state().trouble.empty(); }));
    std::filesystem::remove(state_ + "/pool/sent");
    host->send(events(1, 10));
    ASSERT_TRUE(host->run_until([&] { return host->stored() == 10; }));
    store_->take_away();
    ASSERT_TRUE(host->run_until([&] { return !host->state().trouble.empty(); }));
    const std::string before = host->state().trouble;
    rlimit descriptors{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &descriptors), 0);
    const rlimit none{3, descriptors.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    EXPECT_NO_THROW(EXPECT_TRUE(host->run_until([&] { return host->state().trouble != before; })));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &descriptors), 0);
    store_->bring_back();
    host->send(events(11, 20));
    ASSERT_TRUE(host->run_until([&] { return host->stored() == 20; }));
    EXPECT_EQ(stored(), all(20));
}

TEST(SentBatches, KnowsTheLastOfThemAlsoAfterAnotherStart) {
    const TemporaryFolder folder;
    const UniqueFd descriptor{::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY)};
    std::vector<std::int64_t> numbers;
    for (const int count : {1, 200, 100}) {
        SentBatches sent(descriptor.get(), count == 1);
        for (int i = 0; i < count; ++i)
            numbers.push_back(sent.add());
    }
    const SentBatches sent(descriptor.get(), false);
    const std::size_t forgotten = numbers.size() - SentBatches::kept;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        EXPECT_EQ(sent.contains(numbers[i]), i >= forgotten) << i;
    EXPECT_EQ(std::set(numbers.begin(), numbers.end()).size(), numbers.size());
}

TEST(SentBatches, ForgetsNoneForOnesThatWereTakenBack) {
    const TemporaryFolder folder;
    const UniqueFd descriptor{::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY)};
    const std::int64_t kept = SentBatches(descriptor.get(), false).add();
    for (std::size_t i = 0; i < 2 * SentBatches::kept; ++i) {
        SentBatches sent(descriptor.get(), false);
        const std::int64_t number = sent.add();
        sent.take_back();
        EXPECT_FALSE(sent.contains(number));
        EXPECT_TRUE(sent.contains(kept));
    }
}

} // namespace
