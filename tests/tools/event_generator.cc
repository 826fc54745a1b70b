// SPDX-License-Identifier: GPL-2.0-or-later
// event-generator: many events as hosts on the Internet have them, for tests and measurements.
#include "event/event_line.h"
#include "event/timestamp.h"
#include "simulated_logins.h"
#include "store/sqlite_file.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_writer.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <getopt.h>
#include <stdexcept>

namespace iptracking {
namespace {

using test::SimulatedEvent;
using test::SimulatedLogins;
using test::SimulationWish;
using Clock = std::chrono::steady_clock;

constexpr char usage[] =
    "usage: event-generator [--rows=N] [--days=N] [--seed=N] [--end=DATE] [FORM]\n"
    "Writes N (1000000) events of the last N (365) days before DATE (2026-11-21T00:00:00Z), the same ones for the "
    "same\n"
    "seed (1).  FORM is one of\n"
    "  --lines          lines of iptracking/1, to the standard output\n"
    "  --copy           rows for COPY of PostgreSQL, into the columns of log_one_event(), to the standard output\n"
    "  --sqlite=FILE    rows in a new database; says how many a second\n"
    "  --batch=N        of it: events in one transaction (20000)\n"
    "  --sync           of it: as the daemon writes, that is, each transaction to the disk\n"
    "  --step=N         of it: events that the summaries take in one transaction (100000); 0: leave them empty\n";

struct Options {
    SimulationWish wish;
    enum class Form { lines, copy, sqlite } form = Form::lines;
    std::string file;
    std::int64_t batch = 20'000;
    std::int64_t step = 100'000;
    bool sync = false;
};

std::int64_t number(const char *text, std::int64_t least = 1) {
    char *end = nullptr;
    const long long value = std::strtoll(text, &end, 10);
    if (*end != '\0' || value < least)
        throw std::runtime_error(std::string("not such a number: ") + text);
    return value;
}

Options read_options(int argc, char **argv) {
    static const option known[] = {{"rows", required_argument, nullptr, 'r'},
                                   {"days", required_argument, nullptr, 'd'},
                                   {"seed", required_argument, nullptr, 's'},
                                   {"end", required_argument, nullptr, 'e'},
                                   {"lines", no_argument, nullptr, 'l'},
                                   {"copy", no_argument, nullptr, 'c'},
                                   {"sqlite", required_argument, nullptr, 'q'},
                                   {"batch", required_argument, nullptr, 'b'},
                                   {"sync", no_argument, nullptr, 'y'},
                                   {"step", required_argument, nullptr, 't'},
                                   {}};
    Options options;
    std::string end = "2026-11-21T00:00:00Z";
    for (int letter; (letter = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
        switch (letter) {
        case 'r':
            options.wish.rows = number(::optarg);
            break;
        case 'd':
            options.wish.days = static_cast<int>(number(::optarg));
            break;
        case 's':
            options.wish.seed = static_cast<std::uint64_t>(number(::optarg));
            break;
        case 'e':
            end = ::optarg;
            break;
        case 'l':
            options.form = Options::Form::lines;
            break;
        case 'c':
            options.form = Options::Form::copy;
            break;
        case 'q':
            options.form = Options::Form::sqlite;
            options.file = ::optarg;
            break;
        case 'b':
            options.batch = number(::optarg);
            break;
        case 'y':
            options.sync = true;
            break;
        case 't':
            options.step = number(::optarg, 0);
            break;
        default:
            throw std::runtime_error(usage);
        }
    }
    const auto date = parse_utc(end);
    if (!date || ::optind != argc)
        throw std::runtime_error(usage);
    options.wish.end = *date;
    return options;
}

void append_number(std::string &text, const char *before, std::int64_t number) {
    char buffer[24];
    text.append(before).append(buffer, static_cast<std::size_t>(std::snprintf(buffer, sizeof(buffer), "%lld",
                                                                              static_cast<long long>(number))));
}

void append_line(std::string &text, const SimulatedEvent &event) {
    text.append("iptracking/1 event=").append(event.event);
    append_number(text, " time=", event.time);
    if (!event.source.empty()) {
        text.append(" src=").append(event.source).append(" dst=").append(event.destination).append(" dport=22");
        append_number(text, " sport=", event.source_port);
    }
    append_number(text, " pid=", event.pid);
    text.append(" user=").append(event.user).append(" service=").append(event.service);
    text.append(" tty=").append(event.tty).append(" host=").append(event.host);
    if (!event.ruser.empty())
        text.append(" ruser=").append(event.ruser);
    text += '\n';
}

/// As COPY reads it: \N is null.
void append_row(std::string &text, const SimulatedEvent &event) {
    const auto add = [&](const std::string &value) { text.append(value.empty() ? "\\N" : value).append("\t"); };
    const bool is_auth = std::strcmp(event.event, "auth") == 0, is_account = std::strcmp(event.event, "account") == 0;
    const bool is_remote = !event.source.empty();
    add(is_remote ? event.destination : "");
    add(event.source);
    add(is_remote ? std::to_string(event.source_port) : "");
    add(is_account ? "auth" : event.event);
    add(event.user.empty() ? "<<EMPTY>>" : event.user);
    add(format_utc(event.time));
    add(is_remote ? "22" : "");
    add(is_auth ? "attempt" : is_account ? "success" : "");
    add(std::to_string(event.pid));
    add(event.service);
    add(event.tty);
    add(event.ruser);
    add("");
    add(event.host);
    text.append(event.user.empty() ? "1\n" : "0\n");
}

void print(SimulatedLogins &logins, const Options &options) {
    std::string text;
    for (std::int64_t row = 0; row < options.wish.rows; ++row) {
        const SimulatedEvent &event = logins.next();
        if (options.form == Options::Form::lines)
            append_line(text, event);
        else
            append_row(text, event);
        if (text.size() > 60'000 || row + 1 == options.wish.rows) {
            if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
                throw std::runtime_error("cannot write");
            text.clear();
        }
    }
}

/// The next events, as the pool would give them.
void fill(Batch &batch, SimulatedLogins &logins, std::int64_t events) {
    std::string text;
    batch.bytes.clear();
    batch.events.clear();
    for (std::int64_t i = 0; i < events; ++i) {
        text.clear();
        append_line(text, logins.next());
        const ParsedLine parsed = parse_event_line({text.data(), text.size() - 1});
        if (!parsed.event)
            throw std::runtime_error("not a good line: " + text);
        batch.events.push_back(*parsed.event);
        batch.events.back().line = batch.bytes.size();
        batch.bytes.insert(batch.bytes.end(), text.begin(), text.end());
    }
    batch.to.offset += batch.bytes.size();
}

void say_rate(const char *what, std::int64_t events, Clock::duration taken) {
    const double seconds = std::chrono::duration<double>(taken).count();
    std::fprintf(stderr, "%s: %lld events in %.1f s, %.0f a second\n", what, static_cast<long long>(events), seconds,
                 static_cast<double>(events) / seconds);
}

void store(SimulatedLogins &logins, const Options &options) {
    sqlite::Database database(options.file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    set_up_sqlite_writer(database);
    if (!options.sync)
        database.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000");
    prepare_sqlite_schema(database);
    SqliteSummaries summaries(database);
    SqliteWriter writer(database, "event-generator", options.step > 0 ? &summaries : nullptr);
    Batch batch;
    Clock::duration writing{}, summarising{};
    std::int64_t behind = 0;
    for (std::int64_t left = options.wish.rows, done = 0; left > 0; left -= done) {
        done = std::min(left, options.batch);
        fill(batch, logins, done);
        const auto begin = Clock::now();
        writer.write(batch);
        const auto end = Clock::now();
        writing += end - begin;
        if (behind += done; options.step > 0 && behind >= options.step)
            behind = summaries.advance(options.step);
        summarising += Clock::now() - end;
    }
    say_rate("rows", options.wish.rows, writing);
    if (options.step == 0)
        return;
    const auto begin = Clock::now();
    while (summaries.advance(options.step) > 0)
        continue;
    summarising += Clock::now() - begin;
    say_rate("summaries", options.wish.rows, summarising);
    say_rate("both", options.wish.rows, writing + summarising);
}

void run(const Options &options) {
    SimulatedLogins logins(options.wish);
    if (options.form == Options::Form::sqlite)
        store(logins, options);
    else
        print(logins, options);
}

} // namespace
} // namespace iptracking

int main(int argc, char **argv) try {
    iptracking::run(iptracking::read_options(argc, argv));
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "event-generator: %s\n", error.what());
    return 1;
}
