// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/postgres.h"
#include "loop/event_loop.h"
#include "loop/sources.h"

#include <exception>
#include <functional>
#include <memory>

namespace iptracking {

/// Connects in a thread.  PQconnectPoll() would block the loop while it asks a name server or Kerberos, and knows no
/// connect_timeout: a first host that does not answer would keep the second one from being tried.
class PostgresConnector {
public:
    struct Callbacks {
        std::function<void(postgres::Connection)> on_connected;
        std::function<void(const std::exception_ptr &)> on_failed;
    };
    PostgresConnector(EventLoop &loop, Callbacks callbacks);
    ~PostgresConnector() { cancel(); }

    /// One of the callbacks follows, from the loop.
    void start(const postgres::Keywords &keywords);
    /// Nobody waits for the answer any more; the thread ends by itself.
    void cancel() noexcept;

private:
    struct Attempt;
    void arrived();

    Callbacks callbacks_;
    std::shared_ptr<Attempt> attempt_;
    IoSource arriving_;
};

/// Whether a thread still tries to connect for somebody who is gone.  Then main() must not run the destructors of the
/// libraries that it uses.
bool postgres_connector_runs() noexcept;

} // namespace iptracking
