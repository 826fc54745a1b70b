// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/postgres_driver.h"

#include "base/file.h"
#include "base/log.h"
#include "base/log_fields.h"
#include "loop/sources.h"
#include "pool/sent_batches.h"
#include "store/postgres_arrays.h"
#include "store/postgres_connector.h"
#include "store/postgres_schema.h"
#include "store/postgres_target.h"

#include <algorithm>
#include <deque>
#include <fcntl.h>
#include <sys/epoll.h>

namespace iptracking {
namespace {

using namespace std::chrono_literals;
using postgres::Parameter;
using postgres::PostgresError;

constexpr std::size_t most_open = 2;       // batches: one is under way, one is ready to be sent
constexpr std::size_t most_events = 4096;  // in a batch; more bring next to nothing
constexpr auto say_that_it_is_silent = 5s; // after so long without an answer
constexpr auto longest_silence = 60s;      // then the connection is given up
constexpr char query_canceled[] = "57014", undefined_function[] = "42883", invalid_schema_name[] = "3F000";
constexpr std::size_t batch_number = 5; // of the parameters
constexpr int most_in_vain = 10;        // one after the other, before it is a case for patience

class PostgresDriver final : public Driver {
public:
    PostgresDriver(const DriverContext &context, const PostgresConfig &config)
        : handler_(context.handler), stream_(context.stream), pool_(context.state_directory + "/pool"),
          sync_(context.sync), config_(config), target_(describe_postgres_target(config)),
          connector_(context.loop,
                     {.on_connected = [this](postgres::Connection connection) { connected(std::move(connection)); },
                      .on_failed = [this](const std::exception_ptr &why) { fail(why); }}),
          socket_(context.loop, [this](std::uint32_t) { attend(); }),
          failing_(context.loop, [this] { fail(failure_); }), silence_(context.loop, [this] { silent(); }) {}

    void start() override {
        close();
        told_silence_ = false;
        try {
            if (!sent_)
                sent_.emplace(open_file(pool_, O_RDONLY | O_DIRECTORY).get(), sync_);
            connector_.start(postgres_keywords_to_connect(config_));
            silence_.start(say_that_it_is_silent);
        } catch (const std::exception &) {
            fail_from_the_loop();
        }
    }
    bool can_accept() const noexcept override { return ready_ && !unconfirmed_ && due_.size() < most_open; }
    std::size_t batch_limit() const noexcept override { return most_; }
    const std::string &target() const noexcept override { return target_; }

    void store(const Batch &batch) override {
        try {
            send_batch(batch);
        } catch (const std::exception &) {
            fail_from_the_loop();
        }
    }

private:
    /// What an answer is awaited to.  Only the first one was sent: pgbouncer gives the server's session to somebody
    /// else once a transaction has ended, in the middle of what was sent behind it.
    struct Due {
        const Batch *batch = nullptr; ///< null: the place of the stream is asked
        const std::string *sql = nullptr;
        std::vector<Parameter> parameters;
        std::optional<postgres::Result> result;
        std::exception_ptr failure;
    };

    void connected(postgres::Connection connection) {
        try {
            connection_.emplace(std::move(connection));
            in_vain_ = 0;
            check_postgres_server(*connection_);
            const auto name = [&](const char *function) {
                return config_.schema.empty() ? function : quoted_postgres_name(config_.schema) + "." + function;
            };
            place_sql_ = "SELECT version, replaced, segment, \"offset\", batch FROM " + name("stream_place") + "($1)";
            // A function in FROM is called before those in front of it.
            store_sql_ = "SELECT advanced, CASE WHEN advanced THEN " + name("log_events") +
                         "($7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) END FROM " +
                         name("advance_stream") + "($1, $2, $3, $4, $5, $6) AS advanced";
            connection_->enter_pipeline();
            socket_.open(connection_->socket(), EPOLLIN);
            ask_for_place();
        } catch (const std::exception &) {
            fail(std::current_exception());
        }
    }

    void ask_for_place() {
        ready_ = false;
        due_.clear(); // what is behind a failed batch was not sent yet
        await({.sql = &place_sql_, .parameters = {Parameter::text(stream_.id())}});
    }

    void send_batch(const Batch &batch) {
        const auto number = [](auto value) { return Parameter::text(std::to_string(value)); };
        std::vector<Parameter> parameters{Parameter::text(stream_.id())};
        // From where the stream is then, which batch.from need not be: of a database that was put back the pool may no
        // longer hold all that follows.  Null begins the stream, which the second batch must not do if the first
        // failed.
        parameters.push_back(next_place_ ? number(next_place_->segment) : Parameter::null());
        parameters.push_back(next_place_ ? number(next_place_->offset) : Parameter::null());
        parameters.push_back(number(batch.to.segment));
        parameters.push_back(number(batch.to.offset));
        parameters.push_back(Parameter::null()); // its random number: send_next()
        append_arrays(parameters, batch);
        next_place_ = batch.to;
        await({.batch = &batch, .sql = &store_sql_, .parameters = std::move(parameters)});
    }

    void await(Due due) {
        due_.push_back(std::move(due));
        if (due_.size() == 1)
            send_next();
    }

    void send_next() {
        if (due_.empty())
            return;
        Due &next = due_.front();
        if (next.batch)
            next.parameters[batch_number] = Parameter::text(std::to_string(sent_->add()));
        connection_->send(*next.sql, std::exchange(next.parameters, {}));
        be_patient();
        flush();
    }

    /// True: all has left.
    bool flush() {
        const bool more = connection_->flush();
        socket_.want(more ? EPOLLIN | EPOLLOUT : EPOLLIN);
        return !more;
    }

    /// The socket can be read, or written.
    void attend() {
        try {
            std::exception_ptr lost;
            try {
                connection_->consume_input();
            } catch (const PostgresError &) {
                lost = std::current_exception(); // after what arrived before: answers, and why it was lost
            }
            while (connection_ && !due_.empty() && !connection_->is_busy())
                take_result();
            if (lost && connection_)
                std::rethrow_exception(lost);
            if (connection_ && flush())
                confirm();
        } catch (const std::exception &) {
            fail(std::current_exception());
        }
    }

    /// When the next batch has left: to make the one after it takes some milliseconds, in which the server would wait.
    void confirm() {
        if (std::exchange(unconfirmed_, false))
            handler_.on_stored();
    }

    /// Each command ends with PGRES_PIPELINE_SYNC; then its transaction is committed, unless there was an error.
    void take_result() {
        postgres::Result result = connection_->take_result();
        if (!result) {
            if (connection_->is_good())
                return; // behind the result of a command
            if (due_.front().failure)
                std::rethrow_exception(due_.front().failure);
            throw PostgresError("", "the connection was lost");
        }
        if (result.status() == PGRES_PIPELINE_SYNC) {
            confirm(); // in their order
            if (due_.empty())
                return; // the handler has begun anew
            Due due = std::move(due_.front());
            due_.pop_front();
            be_patient();
            answered(due);
            return;
        }
        // Such a result comes again and again until somebody copies.
        if (const auto is = result.status(); is == PGRES_COPY_IN || is == PGRES_COPY_OUT || is == PGRES_COPY_BOTH)
            throw Error(target_ + " answers what it was not asked");
        try {
            result.check();
            due_.front().result = std::move(result);
        } catch (const std::exception &) {
            due_.front().failure = std::current_exception();
        }
    }

    void answered(const Due &due) {
        if (due.batch && (due.failure || (due.result && due.result->value(0, 0) != "t")))
            sent_->take_back();
        if (due.failure) {
            refused(due);
        } else if (!due.result) {
            throw Error(target_ + " has answered nothing");
        } else if (!due.batch) {
            place_is(*due.result);
        } else if (due.result->value(0, 0) == "t") {
            place_ = due.batch->to;
            in_vain_ = 0;
            most_ = std::min(most_ + most_ / 8 + 1, most_events);
            unconfirmed_ = true;
            send_next();
        } else if (++in_vain_ < most_in_vain) {
            ask_for_place();
        } else {
            fail(std::make_exception_ptr(Error(target_ + ": somebody else moves our stream again and again")));
        }
    }

    void refused(const Due &due) {
        try {
            std::rethrow_exception(due.failure);
        } catch (const PostgresError &error) {
            if (!due.batch && (error.sqlstate() == undefined_function || error.sqlstate() == invalid_schema_name))
                throw Error(target_ + " has no schema of iptracking ('iptracking db init' makes it): " + error.what());
            if (due.batch && (error.is_of_class("22") || error.is_of_class("23"))) { // data, constraints
                reject(due.failure);
                return;
            }
            // A statement_timeout, maybe: fewer events take less time.
            if (due.batch && error.sqlstate() == query_canceled && due.batch->events.size() > 1) {
                most_ = due.batch->events.size() / 2;
                ask_for_place();
                return;
            }
            if (due.batch && error.is_of_class("40") && ++in_vain_ < most_in_vain) { // deadlock, serialization
                ask_for_place();
                return;
            }
        }
        fail(due.failure);
    }

    void reject(const std::exception_ptr &why) {
        due_.clear(); // what is behind it was not sent yet
        next_place_ = place_;
        handler_.on_failed(DriverHandler::Failure::rejected, why);
    }

    /// The row of stream_place().
    void place_is(const postgres::Result &row) {
        if (!row.value(0, 0))
            throw Error("the schema in " + target_ + " is not complete: schema_info is empty");
        tell_whether_replaced(row.value(0, 1) == "t");
        std::optional<Place> place;
        if (row.value(0, 2)) {
            const auto number = [&](int column) { return std::stoll(row.value(0, column).value_or("0")); };
            place = {static_cast<std::uint64_t>(number(2)), static_cast<std::uint64_t>(number(3))};
            if (place > stream_.hint().place() && !sent_->contains(number(4))) {
                handler_.on_stream_taken();
                return;
            }
        }
        next_place_ = place_ = place;
        ready_ = true;
        handler_.on_ready(place);
    }

    void tell_whether_replaced(bool replaced) {
        if (replaced && !std::exchange(told_replaced_, true))
            log(Level::notice, target_ +
                                   ": log_one_event() is not the one of the schema; it is called for every event, "
                                   "which is slower");
    }

    void be_patient() {
        told_silence_ = false;
        if (due_.empty())
            silence_.stop();
        else
            silence_.start(say_that_it_is_silent);
    }

    void silent() {
        const std::string what = target_ + " does not answer";
        if (std::exchange(told_silence_, true)) {
            fail(std::make_exception_ptr(Error(what)));
            return;
        }
        if (connection_) // otherwise connect_timeout says when it is enough
            silence_.start(longest_silence - say_that_it_is_silent);
        handler_.on_blocked(what);
    }

    /// What is being handled; a request never answers before it returns.
    void fail_from_the_loop() {
        failure_ = std::current_exception();
        ready_ = false;
        failing_.schedule();
    }

    void fail(const std::exception_ptr &why) {
        close();
        handler_.on_failed(DriverHandler::Failure::offline, why);
    }

    void close() {
        ready_ = unconfirmed_ = false;
        connector_.cancel();
        failing_.cancel();
        silence_.stop();
        socket_.close();
        due_.clear();
        connection_.reset();
    }

    DriverHandler &handler_;
    const Stream &stream_;
    std::string pool_;
    bool sync_;
    std::optional<SentBatches> sent_; ///< from the first start()
    PostgresConfig config_;
    std::string target_;
    std::string place_sql_, store_sql_;
    PostgresConnector connector_;
    std::optional<postgres::Connection> connection_;
    bool ready_ = false;
    bool unconfirmed_ = false;        ///< the oldest batch is stored, and the handler does not know it yet
    std::optional<Place> place_;      ///< of the stream, as far as the server has said; none: it does not know it
    std::optional<Place> next_place_; ///< when all that was sent is stored
    int in_vain_ = 0;                 ///< batches, one after the other
    std::size_t most_ = most_events;  ///< in a batch, at present
    bool told_replaced_ = false, told_silence_ = false;
    std::deque<Due> due_; ///< the oldest first
    std::exception_ptr failure_;
    IoSource socket_; // before the connection goes it has left the loop: close()
    Deferred failing_;
    Timer silence_;
};

} // namespace

std::unique_ptr<Driver> make_postgres_driver(const DriverContext &context, const PostgresConfig &config) {
    return std::make_unique<PostgresDriver>(context, config);
}

} // namespace iptracking
