// SPDX-License-Identifier: GPL-2.0-or-later
#include "sqlite_log.h"

#include <algorithm>

namespace iptracking::test {

std::string line_of(const Told &told) {
    std::string line = "iptracking/1 event=" + told.kind + " time=" + std::to_string(told.time) + " user=" + told.user +
                       " host=" + told.host;
    const auto add = [&](const char *key, const std::string &value) {
        if (!value.empty() && value != "0")
            line.append(" ").append(key).append("=").append(value);
    };
    add("src", told.source);
    add("dst", told.destination);
    add("sport", std::to_string(told.source_port));
    add("dport", std::to_string(told.destination_port));
    add("pid", std::to_string(told.pid));
    add("service", told.service);
    add("outcome", told.outcome);
    return line + "\n";
}

SqliteLog::SqliteLog() {
    prepare_sqlite_schema(database);
    database.execute("PRAGMA synchronous = OFF"); // nobody pulls the plug here
}

void SqliteLog::store(const std::vector<Told> &events) {
    std::string lines;
    for (const Told &told : events)
        lines += line_of(told);
    writer().write(batch_of(lines));
}

SqliteWriter &SqliteLog::writer() {
    if (!writer_)
        writer_.emplace(database, "0123456789abcdef0123456789abcdef", &summaries());
    return *writer_;
}

SqliteSummaries &SqliteLog::summaries() {
    if (!summaries_)
        summaries_.emplace(database);
    return *summaries_;
}

Rows SqliteLog::ask(sqlite::Database &asked, const std::string &sql) {
    Rows rows;
    const auto add = [](void *all, int count, char **values, char **) {
        std::string row;
        for (int i = 0; i < count; ++i)
            row.append(i == 0 ? "" : "|").append(values[i] ? values[i] : "-");
        static_cast<Rows *>(all)->push_back(row);
        return 0;
    };
    EXPECT_EQ(sqlite3_exec(asked.get(), sql.c_str(), add, &rows, nullptr), SQLITE_OK) << sqlite3_errmsg(asked.get());
    std::sort(rows.begin(), rows.end());
    return rows;
}

std::vector<Told> Traffic::next(std::size_t count) {
    std::vector<Told> events;
    while (events.size() < count)
        step(events);
    return events;
}

void Traffic::begin(Connection &connection, unsigned slot) {
    static const char *const sources[] = {"192.0.2.7",   "192.0.2.8",       "192.0.77.1",    "203.0.113.200", "8.8.8.8",
                                          "2001:db8::7", "2001:db8:0:5::9", "2001:db8:7::1", "fe80::1",       ""};
    connection = {};
    Told &told = connection.told;
    told.source = sources[below(std::size(sources))];
    told.destination = told.source.empty() || below(8) == 0 ? "" : below(2) ? "198.51.100.5" : "2001:db8:ff::5";
    // A port is used again and again, by one connection at a time.
    told.source_port = told.source.empty() ? 0 : static_cast<int>(1000 + slot);
    told.destination_port = told.source.empty() ? 0 : 22;
    told.pid = ++last_pid_;
    told.service = told.source.empty() ? (below(2) ? "su" : "sudo") : "sshd";
    told.host = below(3) ? "login1" : "login2";
    told.user = std::string("user") + std::to_string(below(6));
}

void Traffic::step(std::vector<Told> &events) {
    const unsigned slot = below(50);
    Connection &connection = connections_[slot];
    if (connection.told.pid == 0)
        begin(connection, slot);
    Told told = connection.told;
    time_ += below(600'000'000u);
    // Times of one address do not rise with the order of arrival everywhere.
    told.time = time_ - below(10) * 1'000'000'000ll;
    bool ended = false;
    if (!connection.authenticated) {
        const unsigned what = below(10);
        if (what < 6) {
            told.kind = "auth";
            if (below(30) == 0)
                told.outcome = "failure";
            ended = ++connection.attempts == 6;
        } else if (what < 9) {
            told.kind = "account";
            connection.authenticated = true;
        } else {
            ended = true; // without a word
        }
    } else if (!connection.in_session) {
        told.kind = "open_session";
        connection.in_session = true;
    } else {
        told.kind = "close_session";
        ended = true;
        if (below(10) == 0)
            told.kind = ""; // a crash: nobody closes it
    }
    if (ended)
        connection = {};
    if (!told.kind.empty())
        events.push_back(told);
}

} // namespace iptracking::test
