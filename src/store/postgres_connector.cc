// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/postgres_connector.h"

#include "base/error.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <optional>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>

namespace iptracking {
namespace {

std::atomic<int> running = 0;

} // namespace

/// What the thread and the loop share; the last of them destroys it, with a connection that nobody wanted.
struct PostgresConnector::Attempt {
    postgres::Keywords keywords;
    UniqueFd done{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    // Written by the thread before `done`, read by the loop after it.
    std::optional<postgres::Connection> connection;
    std::exception_ptr failure;

    void run() noexcept {
        try {
            connection = postgres::Connection::open(keywords);
        } catch (...) {
            failure = std::current_exception();
        }
        ::eventfd_write(done.get(), 1);
    }
};

PostgresConnector::PostgresConnector(EventLoop &loop, Callbacks callbacks)
    : callbacks_(std::move(callbacks)), arriving_(loop, [this](std::uint32_t) { arrived(); }) {}

void PostgresConnector::start(const postgres::Keywords &keywords) {
    cancel();
    attempt_ = std::make_shared<Attempt>();
    attempt_->keywords = keywords;
    if (!attempt_->done)
        throw_errno(errno, "cannot make an eventfd");
    arriving_.open(attempt_->done.get(), EPOLLIN);
    // Signals are for the loop.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    ++running;
    try {
        std::thread([attempt = attempt_]() mutable {
            attempt->run();
            attempt.reset();
            --running;
        }).detach();
    } catch (const std::exception &) {
        --running;
        attempt_->failure = std::current_exception();
        ::eventfd_write(attempt_->done.get(), 1);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void PostgresConnector::cancel() noexcept {
    arriving_.close();
    attempt_.reset();
}

void PostgresConnector::arrived() {
    const std::shared_ptr<Attempt> attempt = std::move(attempt_);
    cancel();
    if (attempt->connection)
        callbacks_.on_connected(std::move(*attempt->connection));
    else
        callbacks_.on_failed(attempt->failure);
}

bool postgres_connector_runs() noexcept {
    return running > 0;
}

} // namespace iptracking
