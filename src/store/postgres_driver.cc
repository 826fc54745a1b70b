// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/postgres_driver.h"

#include "base/file.h"
#include "base/log.h"
#include "base/log_fields.h"
#include "loop/sources.h"
#include "pool/sent_batches.h"
#include "store/postgres_arrays.h"
#include "store/postgres_connector.h"
#include "store/postgres_exchange.h"
#include "store/postgres_schema.h"
#include "store/postgres_target.h"

#include <algorithm>
#include <fcntl.h>

namespace iptracking {
namespace {

using namespace std::chrono_literals;
using postgres::Parameter;
using postgres::PostgresError;

constexpr std::size_t most_events = 4096;  // in a batch; more bring next to nothing
constexpr auto say_that_it_is_silent = 5s; // after so long without an answer
constexpr auto longest_silence = 60s;      // then the connection is given up
constexpr char query_canceled[] = "57014", undefined_function[] = "42883", invalid_schema_name[] = "3F000";
constexpr std::size_t place_parameter_count = 6, batch_number = 5; // the last of them
constexpr int first_version_with_all_columns = 4;
constexpr int most_in_vain = 10; // one after the other, before it is a case for patience

class PostgresDriver final : public Driver {
public:
    PostgresDriver(const DriverContext &context, const PostgresConfig &config)
        : handler_(context.handler), stream_(context.stream), pool_(context.state_directory + "/pool"),
          sync_(context.sync), config_(config), target_(describe_postgres_target(config)),
          connector_(context.loop,
                     {.on_connected = [this](postgres::Connection connection) { connected(std::move(connection)); },
                      .on_failed = [this](const std::exception_ptr &why) { fail(why); }}),
          exchange_(context.loop, {.on_sent = [this] { confirm(); },
                                   .on_answer = [this](const postgres::Result &row) { answered(row); },
                                   .on_error = [this](const std::exception_ptr &why) { refused(why); },
                                   .on_lost = [this](const std::exception_ptr &why) { fail(why); }}),
          failing_(context.loop, [this] { fail(failure_); }), silence_(context.loop, [this] { silent(); }) {}

    void start() override {
        close();
        try {
            if (!sent_)
                sent_.emplace(open_file(pool_, O_RDONLY | O_DIRECTORY).get(), sync_);
            connector_.start(postgres_keywords_to_connect(config_));
            be_patient();
        } catch (const std::exception &) {
            fail_from_the_loop();
        }
    }
    bool can_accept() const noexcept override { return ready_ && !unconfirmed_ && !next_; }
    std::size_t batch_limit() const noexcept override { return most_; }
    const std::string &target() const noexcept override { return target_; }

    void store(const Batch &batch) override {
        try {
            next_ = prepared(batch);
            next_place_ = batch.to;
            if (!exchange_.is_waiting())
                send_next();
        } catch (const std::exception &) {
            fail_from_the_loop();
        }
    }

private:
    /// A batch, ready to be sent.
    struct Prepared {
        const Batch *batch;
        std::string sql;
        std::vector<Parameter> parameters;
    };

    void connected(postgres::Connection connection) {
        try {
            in_vain_ = 0;
            check_postgres_server(connection);
            const auto name = [&](const char *function) {
                return config_.schema.empty() ? function : quoted_postgres_name(config_.schema) + "." + function;
            };
            place_sql_ = "SELECT version, replaced, segment, \"offset\", batch FROM " + name("stream_place") + "($1)";
            log_events_ = name("log_events");
            log_samples_ = name("log_samples");
            advance_stream_ = name("advance_stream");
            exchange_.open(std::move(connection));
            ask_for_place();
        } catch (const std::exception &) {
            fail(std::current_exception());
        }
    }

    void ask_for_place() {
        ready_ = false;
        next_.reset(); // what is behind a failed batch was not sent yet
        send(nullptr, place_sql_, {Parameter::text(stream_.id())});
    }

    Prepared prepared(const Batch &batch) const {
        // A function in FROM is called before those in front of it.
        const auto if_advanced = [](const std::string &call) { return ", CASE WHEN advanced THEN " + call + " END"; };
        std::vector<Parameter> parameters = place_parameters(batch);
        std::string sql =
            "SELECT advanced" + if_advanced(log_events_ + parameter_list(parameters.size() + 1, number_of(columns_)));
        append_events(parameters, batch, columns_);
        if (columns_ == EventColumns::all && has_samples(batch)) {
            sql += if_advanced(log_samples_ + parameter_list(parameters.size() + 1, sample_columns));
            append_samples(parameters, batch);
        }
        sql += " FROM " + advance_stream_ + parameter_list(1, place_parameter_count) + " AS advanced";
        return {&batch, std::move(sql), std::move(parameters)};
    }

    std::vector<Parameter> place_parameters(const Batch &batch) const {
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
        return parameters;
    }

    void send_next() {
        Prepared next = std::move(*next_);
        next_.reset();
        next.parameters[batch_number] = Parameter::text(std::to_string(sent_->add()));
        send(next.batch, next.sql, next.parameters);
    }

    void send(const Batch *batch, const std::string &sql, const std::vector<Parameter> &parameters) {
        under_way_ = batch;
        exchange_.send(sql, parameters);
        be_patient();
    }

    /// When the next batch has left: to make the one after it takes some milliseconds, in which the server would wait.
    void confirm() {
        if (std::exchange(unconfirmed_, false))
            handler_.on_stored();
    }

    void answered(const postgres::Result &row) {
        silence_.stop();
        if (!under_way_)
            place_is(row);
        else if (row.value(0, 0) == "t")
            stored();
        else
            is_elsewhere();
    }

    void stored() {
        place_ = under_way_->to;
        in_vain_ = 0;
        most_ = std::min(most_ + most_ / 8 + 1, most_events);
        unconfirmed_ = true;
        if (next_)
            send_next();
        else
            confirm();
    }

    void is_elsewhere() {
        sent_->take_back();
        if (++in_vain_ == most_in_vain)
            throw Error(target_ + ": somebody else moves our stream again and again");
        ask_for_place();
    }

    void refused(const std::exception_ptr &why) {
        silence_.stop();
        if (under_way_)
            sent_->take_back();
        try {
            std::rethrow_exception(why);
        } catch (const PostgresError &error) {
            if (!under_way_ && (error.sqlstate() == undefined_function || error.sqlstate() == invalid_schema_name))
                throw Error(target_ + " has no schema of iptracking ('iptracking db init' makes it): " + error.what());
            if (!under_way_)
                throw;
            if (error.is_of_class("22") || error.is_of_class("23")) // data, constraints
                reject(why);
            else if (may_try_again(error))
                ask_for_place();
            else
                throw;
        }
    }

    bool may_try_again(const PostgresError &error) {
        // A statement_timeout, maybe: fewer events take less time.
        if (error.sqlstate() == query_canceled && under_way_->events.size() > 1) {
            most_ = under_way_->events.size() / 2;
            return true;
        }
        return error.is_of_class("40") && ++in_vain_ < most_in_vain; // deadlock, serialization
    }

    void reject(const std::exception_ptr &why) {
        next_.reset(); // what is behind it was not sent yet
        next_place_ = place_;
        handler_.on_failed(DriverHandler::Failure::rejected, why);
    }

    /// The row of stream_place().
    void place_is(const postgres::Result &row) {
        if (!row.value(0, 0))
            throw Error("the schema in " + target_ + " is not complete: schema_info is empty");
        take_version(std::stoi(*row.value(0, 0)));
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

    /// In a fleet the daemons may be newer than the schema.
    void take_version(int version) {
        columns_ = version < first_version_with_all_columns ? EventColumns::of_version_1 : EventColumns::all;
        if (columns_ != EventColumns::all && !std::exchange(told_version_, true))
            log(Level::warning,
                target_ + ": the schema has version " + std::to_string(version) +
                    ", so how sessions were opened and what they moved is not stored; after 'iptracking "
                    "db upgrade' restart this service");
    }

    void tell_whether_replaced(bool replaced) {
        if (replaced && !std::exchange(told_replaced_, true))
            log(Level::notice, target_ +
                                   ": log_one_event() is not the one of the schema; it is called for every event, "
                                   "which is slower");
    }

    void be_patient() {
        told_silence_ = false;
        silence_.start(say_that_it_is_silent);
    }

    void silent() {
        const std::string what = target_ + " does not answer";
        if (std::exchange(told_silence_, true)) {
            fail(std::make_exception_ptr(Error(what)));
            return;
        }
        if (exchange_.is_open()) // otherwise connect_timeout says when it is enough
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
        exchange_.close();
        next_.reset();
    }

    DriverHandler &handler_;
    const Stream &stream_;
    std::string pool_;
    bool sync_;
    std::optional<SentBatches> sent_; ///< from the first start()
    PostgresConfig config_;
    std::string target_;
    std::string place_sql_, log_events_, log_samples_, advance_stream_;
    EventColumns columns_ = EventColumns::all; ///< that the schema has
    PostgresConnector connector_;
    PostgresExchange exchange_;
    const Batch *under_way_ = nullptr; ///< null: the place of the stream is asked
    std::optional<Prepared> next_;     ///< made while the one before it is stored
    bool ready_ = false;
    bool unconfirmed_ = false;        ///< the oldest batch is stored, and the handler does not know it yet
    std::optional<Place> place_;      ///< of the stream, as far as the server has said; none: it does not know it
    std::optional<Place> next_place_; ///< when all that was sent is stored
    int in_vain_ = 0;                 ///< batches, one after the other
    std::size_t most_ = most_events;  ///< in a batch, at present
    bool told_version_ = false, told_replaced_ = false, told_silence_ = false;
    std::exception_ptr failure_;
    Deferred failing_;
    Timer silence_;
};

} // namespace

std::unique_ptr<Driver> make_postgres_driver(const DriverContext &context, const PostgresConfig &config) {
    return std::make_unique<PostgresDriver>(context, config);
}

} // namespace iptracking
