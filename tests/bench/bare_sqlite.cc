// SPDX-License-Identifier: GPL-2.0-or-later
// bare-sqlite rows|all DATABASE BATCH STEP SCHEMA… <ROWS: what SQLite itself takes to write what iptracking-daemon
// writes.
//
// ROWS are those of `event-generator --copy`.  All that a program has to find out is found before the clock starts:
// which attempt succeeded, which session a row closes, which counts each row adds to.  What is measured is prepared
// statements of the plain C interface, in transactions of BATCH rows, each durable when it ends.  `all`: the
// summaries too, each STEP rows in a transaction; `rows`: only rows and their index.  Prints the seconds that it took,
// and those of the processor.
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sqlite3.h>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

/// As log_one_event() of PostgreSQL takes them.
enum Column {
    dst,
    src,
    sport,
    event,
    uid,
    date,
    dport,
    outcome,
    pid,
    service,
    tty,
    ruser,
    rhost,
    host,
    flags,
    columns
};

/// Counts that rows add to, of one key.
struct Counted {
    int summary;
    std::vector<std::string> key;
    long counts[5]; // events, failures, successes, opened, closed
    std::string first, last;
    bool touched;
};

struct Row {
    std::string values[columns]; // empty: null
    long sport, dport, pid, flags, log_event;
    std::string net6;
    long attempt = 0, opened = 0; // the id of the attempt that succeeded, of the session that ended
    std::size_t counted[4];       // the keys that it adds to, and which of its counts
    std::size_t counted_size = 0;
    int kind = -1; // of the counts, besides the first
};

constexpr const char *summary_sql[] = {
    "INSERT INTO address_day VALUES (?8, ?9, ?10, ?11, ?1, ?2, ?3, ?4, ?6, ?7) ON CONFLICT DO UPDATE SET "
    "log_count = log_count + ?1, failures = failures + ?2, successes = successes + ?3, opened = opened + ?4, "
    "start_date = min(start_date, ?6), end_date = max(end_date, ?7)",
    "INSERT INTO user_day VALUES (?8, ?9, ?1, ?2, ?3, ?4, ?6, ?7) ON CONFLICT DO UPDATE SET "
    "log_count = log_count + ?1, failures = failures + ?2, successes = successes + ?3, opened = opened + ?4, "
    "start_date = min(start_date, ?6), end_date = max(end_date, ?7)",
    "INSERT INTO quarter VALUES (?8, ?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET log_count = log_count + ?1, "
    "failures = failures + ?2, successes = successes + ?3, opened = opened + ?4, closed = closed + ?5",
    "INSERT INTO user_address VALUES (?8, ?9, ?1, ?6, ?7) ON CONFLICT DO UPDATE SET log_count = log_count + ?1, "
    "start_date = min(start_date, ?6), end_date = max(end_date, ?7)"};

std::vector<Row> rows;
std::vector<Counted> counted;
sqlite3 *database;

void check(int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
        throw std::runtime_error(sqlite3_errmsg(database));
}

void execute(const std::string &sql) {
    check(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr));
}

sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement = nullptr;
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr));
    return statement;
}

void run(sqlite3_stmt *statement) {
    check(sqlite3_step(statement));
    check(sqlite3_reset(statement));
}

void bind(sqlite3_stmt *statement, int index, const std::string &text) {
    if (text.empty())
        sqlite3_bind_null(statement, index);
    else
        sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void bind(sqlite3_stmt *statement, int index, long number) {
    if (number == 0)
        sqlite3_bind_null(statement, index);
    else
        sqlite3_bind_int64(statement, index, number);
}

long number(const std::string &text) {
    return std::strtol(text.c_str(), nullptr, 10);
}

std::string net6_of(const std::string &address) {
    unsigned char b[16];
    char text[20] = "";
    if (::inet_pton(AF_INET6, address.c_str(), b) == 1)
        std::snprintf(text, sizeof(text), "%02x%02x:%02x%02x:%02x%02x:%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5],
                      b[6], b[7]);
    return text;
}

void read_rows() {
    for (std::string line; std::getline(std::cin, line);) {
        Row row;
        std::istringstream words(line);
        for (std::string &value : row.values)
            if (std::getline(words, value, '\t'); value == "\\N")
                value.clear();
        const auto &values = row.values;
        row.sport = number(values[sport]);
        row.dport = number(values[dport]);
        row.pid = number(values[pid]);
        row.flags = number(values[flags]);
        row.log_event = values[event] == "auth" ? 1 : values[event] == "open_session" ? 2 : 3;
        row.kind = values[outcome] == "attempt"   ? 1
                   : values[outcome] == "success" ? 2
                                                  : static_cast<int>(row.log_event) + 1;
        row.net6 = net6_of(values[src]);
        rows.push_back(row);
    }
}

/// Which attempt has succeeded: the row before on the same connection.  Which session ends: the last one that is open
/// in the process.
void find_pairs() {
    std::unordered_map<std::string, std::size_t> attempts, sessions;
    for (std::size_t n = 0; n < rows.size(); ++n) {
        Row &row = rows[n];
        const auto &values = row.values;
        const std::string process = values[host] + ' ' + values[service] + ' ' + values[pid];
        const std::string connection =
            row.sport ? values[host] + ' ' + values[src] + ' ' + values[sport] + ' ' + values[dst] + ' ' + values[dport]
                      : process;
        if (row.kind == 1) {
            attempts[connection] = n;
        } else if (row.kind == 2) {
            if (const auto found = attempts.find(connection); found != attempts.end()) {
                if (rows[found->second].pid == row.pid)
                    row.attempt = static_cast<long>(found->second) + 1;
                attempts.erase(found);
            }
        } else if (row.log_event == 2) {
            sessions[process] = n;
        } else if (const auto found = sessions.find(process); found != sessions.end()) {
            row.opened = static_cast<long>(found->second) + 1;
            sessions.erase(found);
        }
    }
}

void find_keys() {
    std::unordered_map<std::string, std::size_t> known;
    for (Row &row : rows) {
        const auto add = [&](int summary, std::vector<std::string> key) {
            std::string name = std::to_string(summary);
            for (const std::string &part : key)
                name += '\n' + part;
            const auto [place, added] = known.try_emplace(name, counted.size());
            if (added)
                counted.push_back({summary, std::move(key), {}, {}, {}, false});
            row.counted[row.counted_size++] = place->second;
        };
        const auto &values = row.values;
        const std::string day = values[date].substr(0, 10);
        static const char *const quarters[] = {"00:00Z", "15:00Z", "30:00Z", "45:00Z"};
        add(2, {values[date].substr(0, 14) + quarters[number(values[date].substr(14, 2)) / 15]});
        if (!values[uid].empty())
            add(1, {day, values[uid]});
        if (!values[src].empty())
            add(0, {day, values[dst], values[src], row.net6});
        if (row.kind == 2 && !values[src].empty() && !values[uid].empty())
            add(3, {values[uid], values[src]});
    }
}

class Writer {
public:
    explicit Writer(bool all) : all_(all) {
        for (int n = 0; n < 4; ++n)
            add_[n] = prepare(summary_sql[n]);
    }

    void write(std::size_t begin, std::size_t end) {
        run(begin_);
        for (std::size_t n = begin; n < end; ++n)
            insert(static_cast<long>(n) + 1, rows[n]);
        if (all_) {
            sqlite3_bind_int64(place_, 1, static_cast<long>(end));
            run(place_);
        }
        run(commit_);
    }

    void summarise(std::size_t begin, std::size_t end) {
        run(begin_);
        for (std::size_t n = begin; n < end; ++n)
            count(rows[n]);
        for (Counted *one : touched_)
            store(*one);
        touched_.clear();
        sqlite3_bind_int64(upto_, 1, static_cast<long>(end));
        run(upto_);
        run(commit_);
    }

private:
    void insert(long id, const Row &row) {
        sqlite3_bind_int64(insert_, 1, id);
        bind(insert_, 2, row.values[dst]);
        bind(insert_, 3, row.values[src]);
        bind(insert_, 4, row.sport);
        bind(insert_, 5, row.log_event);
        bind(insert_, 6, row.values[uid]);
        bind(insert_, 7, row.values[date]);
        bind(insert_, 8, row.dport);
        bind(insert_, 9, row.values[outcome]);
        bind(insert_, 10, row.pid);
        for (int column = service; column <= host; ++column)
            bind(insert_, column + 2, row.values[column]);
        sqlite3_bind_int64(insert_, 16, row.flags);
        bind(insert_, 17, row.net6);
        run(insert_);
        if (!all_)
            return;
        if (row.attempt) {
            sqlite3_bind_int64(pair_, 1, row.attempt);
            sqlite3_bind_int64(pair_, 2, id);
            run(pair_);
        } else if (row.log_event == 2) {
            sqlite3_bind_int64(open_, 1, id);
            bind(open_, 2, row.pid);
            run(open_);
        } else if (row.opened) {
            sqlite3_bind_int64(close_, 1, row.opened);
            sqlite3_bind_int64(close_, 2, id);
            run(close_);
        }
    }

    void count(const Row &row) {
        const std::string &now = row.values[date];
        for (std::size_t n = 0; n < row.counted_size; ++n) {
            Counted &one = touch(row.counted[n]);
            ++one.counts[0];
            ++one.counts[row.kind];
            if (one.first.empty() || now < one.first)
                one.first = now;
            if (now > one.last)
                one.last = now;
        }
        if (!row.attempt) // an attempt counts as failed until it has succeeded
            return;
        const Row &attempt = rows[static_cast<std::size_t>(row.attempt) - 1];
        for (std::size_t n = 0; n < attempt.counted_size; ++n) {
            Counted &one = touch(attempt.counted[n]);
            --one.counts[1];
            if (one.first.empty())
                one.first = one.last = attempt.values[date];
        }
    }

    Counted &touch(std::size_t place) {
        Counted &one = counted[place];
        if (!one.touched)
            touched_.push_back(&one);
        one.touched = true;
        return one;
    }

    void store(Counted &one) {
        sqlite3_stmt *const add = add_[one.summary];
        for (int n = 0; n < 5; ++n)
            sqlite3_bind_int64(add, n + 1, one.counts[n]);
        const auto bind_text = [add](int index, const std::string &text) {
            sqlite3_bind_text(add, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
        };
        bind_text(6, one.first);
        bind_text(7, one.last);
        for (std::size_t n = 0; n < one.key.size(); ++n)
            if (n == 3)
                bind(add, 11, one.key[n]);
            else
                bind_text(static_cast<int>(n) + 8, one.key[n]);
        run(add);
        std::memset(one.counts, 0, sizeof(one.counts));
        one.first.clear();
        one.last.clear();
        one.touched = false;
    }

    bool all_;
    std::vector<Counted *> touched_;
    sqlite3_stmt *begin_ = prepare("BEGIN IMMEDIATE"), *commit_ = prepare("COMMIT");
    sqlite3_stmt *insert_ =
        prepare("INSERT INTO inet_log (id, dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, "
                "dst_port, outcome, sshd_pid, service, tty, ruser, rhost, host, flags, src_net6) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)");
    sqlite3_stmt *pair_ = prepare("INSERT INTO attempt_success VALUES (?1, ?2)");
    sqlite3_stmt *open_ = prepare("INSERT INTO session (open_id, sshd_pid) VALUES (?1, ?2)");
    sqlite3_stmt *close_ = prepare("UPDATE session SET close_id = ?2 WHERE open_id = ?1");
    sqlite3_stmt *place_ =
        prepare("INSERT INTO stream VALUES ('bare', 1, ?1) ON CONFLICT (id) DO UPDATE SET offset = ?1");
    sqlite3_stmt *upto_ = prepare("UPDATE summary SET upto = ?1");
    sqlite3_stmt *add_[4];
};

double now(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

} // namespace

int main(int argc, char **argv) try {
    if (argc < 6)
        throw std::runtime_error("usage: bare-sqlite rows|all DATABASE BATCH STEP SCHEMA...");
    const bool all = std::strcmp(argv[1], "all") == 0;
    const auto batch = static_cast<std::size_t>(number(argv[3])), step = static_cast<std::size_t>(number(argv[4]));
    read_rows();
    find_pairs();
    find_keys();
    check(
        sqlite3_open_v2(argv[2], &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr));
    // As src/store/sqlite_file.cc.
    execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 0;"
            "PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF");
    for (char **file = argv + 5; *file; ++file) {
        std::ostringstream sql;
        sql << std::ifstream(*file).rdbuf();
        execute(sql.str());
    }
    Writer writer(all);
    const double began = now(CLOCK_MONOTONIC), processor = now(CLOCK_PROCESS_CPUTIME_ID);
    for (std::size_t begin = 0, end, summarised = 0; begin < rows.size(); begin = end) {
        end = std::min(begin + batch, rows.size());
        writer.write(begin, end);
        if (all && (end - summarised >= step || end == rows.size())) {
            writer.summarise(summarised, end);
            summarised = end;
        }
    }
    std::printf("%.6f %.6f\n", now(CLOCK_MONOTONIC) - began, now(CLOCK_PROCESS_CPUTIME_ID) - processor);
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "bare-sqlite: %s\n", error.what());
    return 1;
}
