// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/postgres.h"

#include <string>

namespace iptracking::test {

/// A PostgreSQL server of our own, as the user postgres where we are root, reached by a Unix socket in its folder.
class PostgresServer {
public:
    /// The one of this process, started when it is asked for the first time.  Throws an Error where PostgreSQL is not
    /// installed.
    static PostgresServer &get();

    ~PostgresServer();
    PostgresServer(const PostgresServer &) = delete;
    PostgresServer &operator=(const PostgresServer &) = delete;

    void start();
    /// As it is when it crashes.
    void stop();
    void make_database(const std::string &name);
    void drop_database(const std::string &name);
    /// Nobody may be connected to the old one.
    void copy_database(const std::string &from, const std::string &to);
    /// As the superuser.
    postgres::Connection connect(const std::string &database) const;
    postgres::Keywords keywords(const std::string &database, const std::string &user) const;

private:
    PostgresServer();
    void run(const std::string &program, const std::string &arguments) const;

    std::string folder_;
};

} // namespace iptracking::test
