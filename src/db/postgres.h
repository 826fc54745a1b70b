// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "db/libpq.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iptracking::postgres {

/// Connection keywords of libpq and their values.
using Keywords = std::map<std::string, std::string>;

class PostgresError : public Error {
public:
    PostgresError(std::string sqlstate, const std::string &what) : Error(what), sqlstate_(std::move(sqlstate)) {}
    /// Five characters, as in appendix A of PostgreSQL's manual; empty: it did not come from the server.
    const std::string &sqlstate() const noexcept { return sqlstate_; }
    bool is_of_class(std::string_view two) const noexcept { return sqlstate_.starts_with(two); }

private:
    std::string sqlstate_;
};

/// What the server answered to one command.
class Result {
public:
    /// Null: libpq had none.
    explicit Result(PGresult *result) noexcept : handle_(result) {}

    explicit operator bool() const noexcept { return handle_ != nullptr; }
    ExecStatusType status() const noexcept { return libpq().PQresultStatus(handle_.get()); }
    int rows() const noexcept { return libpq().PQntuples(handle_.get()); }
    /// In text form; nullopt for null.
    std::optional<std::string> value(int row, int column) const;
    /// Throws a PostgresError where the status is an error.
    void check() const;

private:
    struct Clear {
        void operator()(PGresult *result) const noexcept { libpq().PQclear(result); }
    };
    std::unique_ptr<PGresult, Clear> handle_;
};

/// One parameter of a command.
struct Parameter {
    Oid type = 0; ///< 0: as the server infers it
    bool binary = false;
    std::optional<std::string> value; ///< none: null

    static Parameter text(std::string value) { return {.value = std::move(value)}; }
    static Parameter null() { return {}; }
};

/// One connection.  The server converts nothing: client_encoding is UTF8.
class Connection {
public:
    /// Waits until it is connected: for name servers too, and for each host as long as connect_timeout.
    static Connection open(const Keywords &keywords);

    int socket() const noexcept { return libpq().PQsocket(handle_.get()); }
    bool is_good() const noexcept { return libpq().PQstatus(handle_.get()) == CONNECTION_OK; }
    /// As 150003.
    int server_version() const noexcept { return libpq().PQserverVersion(handle_.get()); }
    /// Not through a Unix socket.
    bool is_over_network() const;
    /// "server_encoding" and so on; empty: the server does not report it.
    std::string reported(const char *name) const;

    // Those that wait.
    /// Several commands, separated by semicolons; gives the result of the last.
    Result execute(const std::string &sql);
    Result query(const std::string &sql, const std::vector<Parameter> &parameters);
    /// Gives the rows one by one, as they arrive: each is row 0 of a result.  False: enough, the rest is dropped.
    void query_rows(const std::string &sql, const std::vector<Parameter> &parameters,
                    const std::function<bool(const Result &)> &take);

    // Those that do not: pipeline mode.
    void enter_pipeline();
    /// One command in a transaction of its own; first its result arrives, then PGRES_PIPELINE_SYNC.
    void send(const std::string &sql, const std::vector<Parameter> &parameters);
    /// True: the kernel did not take all; flush again when the socket can be written.
    bool flush();
    void consume_input();
    bool is_busy() noexcept { return libpq().PQisBusy(handle_.get()) != 0; }
    Result take_result() noexcept { return Result(libpq().PQgetResult(handle_.get())); }

private:
    explicit Connection(PGconn *handle) noexcept : handle_(handle) {}
    [[noreturn]] void fail() const;
    [[noreturn]] void fail_to_connect() const;

    struct Finish {
        void operator()(PGconn *handle) const noexcept { libpq().PQfinish(handle); }
    };
    std::unique_ptr<PGconn, Finish> handle_;
};

/// The database that the keywords name, in words, without a password: "host=db.example.net dbname=logins".
std::string describe_target(const Keywords &keywords);

} // namespace iptracking::postgres
