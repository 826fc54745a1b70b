// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_database.h"

#include "base/error.h"

namespace iptracking {
namespace test {
namespace {

FakeDatabase *current = nullptr;

class FakeDriver final : public Driver {
public:
    explicit FakeDriver(const DriverContext &context, FakeDatabase &database)
        : handler_(context.handler), stream_(context.stream), database_(database),
          working_(context.loop, [this] { work(); }) {
        database_.look_again = [this] { working_.schedule(); };
    }
    ~FakeDriver() override {
        database_.look_again = [] {};
        forget_batches();
    }

    void start() override {
        ++database_.starts;
        ready_ = false;
        forget_batches();
        working_.schedule();
    }
    bool can_accept() const noexcept override { return ready_ && batches_.size() < database_.most_in_flight; }
    std::size_t batch_limit() const noexcept override { return database_.batch_limit; }
    void store(const Batch &batch) override {
        if (!can_accept())
            throw Error("store() was called, but the driver cannot accept");
        database_.sizes.push_back(batch.events.size());
        database_.events_in_flight += batch.events.size();
        batches_.push_back(&batch);
        working_.schedule();
    }
    const std::string &target() const noexcept override { return target_; }

private:
    void work() {
        if (database_.holding)
            return;
        if (database_.away) {
            fail(DriverHandler::Failure::offline, "the database is away");
        } else if (!ready_) {
            ready_ = true;
            const auto known = database_.places.find(stream_.id());
            handler_.on_ready(known == database_.places.end() ? std::nullopt : std::optional{known->second});
        } else if (!batches_.empty() && database_.locked) {
            handler_.on_blocked("the database is locked");
        } else if (!batches_.empty()) {
            commit(*batches_.front());
        }
    }

    void commit(const Batch &batch) {
        std::vector<std::string> users;
        for (const Event &event : batch.events)
            users.emplace_back(batch.text(event, Text::user));
        for (const std::string &user : users)
            if (user == database_.refused_user || database_.refuses_all)
                return fail(DriverHandler::Failure::rejected, "no such user can be stored");
        database_.users.insert(database_.users.end(), users.begin(), users.end());
        database_.places[stream_.id()] = batch.to;
        if (database_.loses_answers) {
            database_.loses_answers = false;
            return fail(DriverHandler::Failure::offline, "the connection was lost");
        }
        database_.events_in_flight -= batch.events.size();
        batches_.pop_front();
        if (!batches_.empty())
            working_.schedule();
        handler_.on_stored();
    }

    void fail(DriverHandler::Failure failure, const char *why) {
        ready_ = failure == DriverHandler::Failure::rejected;
        forget_batches();
        handler_.on_failed(failure, std::make_exception_ptr(Error(why)));
    }

    void forget_batches() {
        batches_.clear();
        database_.events_in_flight = 0;
    }

    DriverHandler &handler_;
    const Stream &stream_;
    FakeDatabase &database_;
    bool ready_ = false;
    std::deque<const Batch *> batches_;
    std::string target_ = "fake";
    Deferred working_;
};

} // namespace

FakeDatabase::FakeDatabase() {
    current = this;
}

FakeDatabase::~FakeDatabase() {
    current = nullptr;
}

} // namespace test

std::unique_ptr<Driver> make_driver(const DriverContext &context, const DriverConfig &) {
    return std::make_unique<test::FakeDriver>(context, *test::current);
}

} // namespace iptracking
