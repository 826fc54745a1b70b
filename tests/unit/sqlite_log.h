// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "store/sqlite_schema.h"
#include "store/sqlite_summaries.h"
#include "store/sqlite_writer.h"
#include "support.h"

#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

/// A SQLite database with the schema, and events for it.
namespace iptracking::test {

inline constexpr int create = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
inline constexpr std::int64_t day = 86'400'000'000;
inline constexpr std::int64_t begin_of_2026 = 1'767'225'600'000'000;

/// An event as the test knows it.  Empty or 0: not known.
struct Told {
    std::string kind; ///< auth, account, open_session, close_session
    std::string user = "alice", source = "192.0.2.7", destination = "198.51.100.5";
    int source_port = 0, destination_port = 22, pid = 0;
    std::string service = "sshd", host = "login1";
    std::int64_t time = begin_of_2026;
    std::string outcome = {}; ///< as the source knows it
};

std::string line_of(const Told &told);

using Rows = std::vector<std::string>;

class SqliteLog : public testing::Test {
protected:
    SqliteLog();

    void store(const std::vector<Told> &events);
    SqliteWriter &writer();
    /// Which note what the writer writes, as those of the daemon.
    SqliteSummaries &summaries();
    /// As after a restart of the daemon.
    void new_writer() {
        writer_.reset();
        summaries_.reset();
    }
    /// The rows of a question, each as "a|b|c", sorted; a null is "-".
    Rows ask(const std::string &sql) { return ask(database, sql); }
    static Rows ask(sqlite::Database &asked, const std::string &sql);

    TempDir folder;
    sqlite::Database database{folder / "a.db", create};

private:
    std::optional<SqliteSummaries> summaries_;
    std::optional<SqliteWriter> writer_;
};

/// Fifty connections at once, from few addresses, and what happens on them.
class Traffic {
public:
    /// So many events, or a few more.
    std::vector<Told> next(std::size_t count);

private:
    struct Connection {
        Told told;
        bool authenticated = false, in_session = false;
        int attempts = 0;
    };

    unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

    void begin(Connection &connection, unsigned slot);
    void step(std::vector<Told> &events);

    std::mt19937 random_{20261121};
    std::map<unsigned, Connection> connections_;
    int last_pid_ = 100;
    std::int64_t time_ = begin_of_2026;
};

} // namespace iptracking::test
