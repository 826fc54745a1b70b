// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/postgres_exchange.h"

#include "base/error.h"

#include <sys/epoll.h>

namespace iptracking {

using postgres::PostgresError;

PostgresExchange::PostgresExchange(EventLoop &loop, Callbacks callbacks)
    : callbacks_(std::move(callbacks)), socket_(loop, [this](std::uint32_t) { attend(); }) {}

void PostgresExchange::open(postgres::Connection connection) {
    connection_.emplace(std::move(connection));
    connection_->enter_pipeline();
    socket_.open(connection_->socket(), EPOLLIN);
}

void PostgresExchange::close() noexcept {
    socket_.close();
    connection_.reset();
    is_waiting_ = is_sending_ = false;
}

void PostgresExchange::send(const std::string &sql, const std::vector<postgres::Parameter> &parameters) {
    connection_->send(sql, parameters);
    result_.reset();
    error_ = nullptr;
    is_waiting_ = is_sending_ = true;
    flush();
}

/// True: all has left.
bool PostgresExchange::flush() {
    const bool more = connection_->flush();
    socket_.want(more ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return !more;
}

/// The socket can be read, or written.
void PostgresExchange::attend() {
    try {
        std::exception_ptr lost;
        try {
            connection_->consume_input();
        } catch (const PostgresError &) {
            lost = std::current_exception(); // after what arrived before: an answer, and why it was lost
        }
        while (is_waiting_ && !connection_->is_busy())
            take_result();
        if (lost && is_open())
            std::rethrow_exception(lost);
        if (is_open() && flush())
            sent();
    } catch (const std::exception &) {
        callbacks_.on_lost(std::current_exception());
    }
}

/// A command ends with PGRES_PIPELINE_SYNC; then its transaction is committed, unless there was an error.
void PostgresExchange::take_result() {
    postgres::Result result = connection_->take_result();
    if (!result) {
        if (connection_->is_good())
            return; // behind the result of a command
        if (error_)
            std::rethrow_exception(error_);
        throw PostgresError("", "the connection was lost");
    }
    const ExecStatusType is = result.status();
    if (is == PGRES_PIPELINE_SYNC) {
        answered();
        return;
    }
    // Such a result comes again and again until somebody copies.
    if (is == PGRES_COPY_IN || is == PGRES_COPY_OUT || is == PGRES_COPY_BOTH)
        throw Error("the server answers what it was not asked");
    try {
        result.check();
        result_ = std::move(result);
    } catch (const std::exception &) {
        error_ = std::current_exception();
    }
}

void PostgresExchange::sent() {
    if (std::exchange(is_sending_, false))
        callbacks_.on_sent();
}

void PostgresExchange::answered() {
    sent();
    if (!is_waiting_)
        return; // closed by it
    is_waiting_ = false;
    const auto result = std::exchange(result_, std::nullopt);
    if (const auto error = std::exchange(error_, nullptr))
        callbacks_.on_error(error);
    else if (result)
        callbacks_.on_answer(*result);
    else
        throw Error("the server has answered nothing");
}

} // namespace iptracking
