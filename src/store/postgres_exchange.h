// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/postgres.h"
#include "loop/event_loop.h"
#include "loop/sources.h"

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace iptracking {

/// One command at a time over a connection, each a transaction of its own.  Never more: pgbouncer gives the server's
/// session to somebody else once a transaction has ended, in the middle of what was sent behind it.
class PostgresExchange {
public:
    /// From the loop.  What they throw is on_lost(), too.
    struct Callbacks {
        std::function<void()> on_sent;                            ///< all of the command has left
        std::function<void(const postgres::Result &)> on_answer;  ///< after on_sent; its transaction is committed
        std::function<void(const std::exception_ptr &)> on_error; ///< instead: it is rolled back; the session goes on
        std::function<void(const std::exception_ptr &)> on_lost;  ///< the connection is no good any more
    };
    PostgresExchange(EventLoop &loop, Callbacks callbacks);

    void open(postgres::Connection connection);
    bool is_open() const noexcept { return connection_.has_value(); }
    /// No callback comes any more.
    void close() noexcept;

    /// Not before the one before it was answered.
    void send(const std::string &sql, const std::vector<postgres::Parameter> &parameters);
    /// For an answer.
    bool is_waiting() const noexcept { return is_waiting_; }

private:
    void attend();
    bool flush();
    void take_result();
    void sent();
    void answered();

    Callbacks callbacks_;
    std::optional<postgres::Connection> connection_;
    bool is_waiting_ = false;
    bool is_sending_ = false; ///< and on_sent is still to come
    std::optional<postgres::Result> result_;
    std::exception_ptr error_;
    IoSource socket_; // before the connection goes it has left the loop
};

} // namespace iptracking
