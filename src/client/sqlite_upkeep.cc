// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/sqlite_upkeep.h"

#include "base/error.h"
#include "store/sqlite_purge.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_truncate.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace iptracking {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t events_a_step = 10'000;
constexpr auto shortest_rest = 250ms; // a daemon that waits for us looks every 200 ms
constexpr auto rest_after_vacuum = 2 * shortest_rest;

enum class Next { rest, go_on, end };

/// Each step is a transaction; where it says so, whoever waits for it has his turn then.
template <typename Step> void in_steps(const Step &step) {
    for (;;) {
        const auto begin = Clock::now();
        const Next next = step();
        if (next == Next::end)
            return;
        if (next == Next::rest)
            std::this_thread::sleep_for(std::max<Clock::duration>(Clock::now() - begin, shortest_rest));
    }
}

void bring_summaries_up(sqlite::Database &database) {
    in_steps([&] { return advance_sqlite_summaries(database, events_a_step) > 0 ? Next::rest : Next::end; });
}

/// The -wal file has old texts in it until it is used again.
void empty_wal(sqlite::Database &database) {
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

std::string mebibytes(std::int64_t bytes) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f MiB", static_cast<double>(bytes) / (1 << 20));
    return text;
}

/// Where SQLite makes its temporary files, https://sqlite.org/tempfiles.html.
std::filesystem::path folder_of_temporary_files() {
    const char *const folders[] = {std::getenv("SQLITE_TMPDIR"), std::getenv("TMPDIR"), "/var/tmp", "/usr/tmp", "/tmp"};
    for (const char *const folder : folders) {
        if (folder && std::filesystem::is_directory(folder) && ::access(folder, W_OK | X_OK) == 0)
            return folder;
    }
    return ".";
}

void check_room(const std::filesystem::path &folder, std::int64_t bytes, const std::string &target) {
    const std::uintmax_t room = std::filesystem::space(folder).available;
    if (room < static_cast<std::uintmax_t>(bytes))
        throw Error(target + ": to write it anew takes " + mebibytes(bytes) + " of room in '" + folder.string() +
                    "', which has " + mebibytes(static_cast<std::int64_t>(room)));
}

/// The copy is made in a temporary file, and stands in the -wal file until all of it is in its place.
void check_room_for_copy(const sqlite::Database &database, std::int64_t bytes, const std::string &target) {
    if (database.file().empty())
        return;
    const auto folder = std::filesystem::path(database.file()).parent_path(), temporary = folder_of_temporary_files();
    struct stat one {
    }, other{};
    const bool is_one_disk =
        ::stat(folder.c_str(), &one) == 0 && ::stat(temporary.c_str(), &other) == 0 && one.st_dev == other.st_dev;
    const std::int64_t log = bytes + bytes / 100; // its pages have headers
    check_room(folder, is_one_disk ? log + bytes : log, target);
    check_room(temporary, bytes, target);
}

} // namespace

std::int64_t purge_sqlite(sqlite::Database &database, const std::string &before, const Steps &progress) {
    bring_summaries_up(database);
    SqlitePurge purge(database, before);
    std::int64_t gone = 0;
    in_steps([&] {
        const std::int64_t number = purge.step(events_a_step);
        progress(gone += number);
        return number == events_a_step ? Next::rest : Next::end;
    });
    purge.finish();
    return gone;
}

std::int64_t truncate_sqlite(sqlite::Database &database, const std::string &before, const Steps &progress) {
    bring_summaries_up(database);
    SqliteTruncate truncate(database, before);
    std::int64_t truncated = 0;
    in_steps([&] {
        const SqliteTruncate::Step step = truncate.step(events_a_step);
        progress(truncated += step.truncated);
        return step.last ? Next::end : step.truncated > 0 ? Next::rest : Next::go_on;
    });
    truncate.finish();
    empty_wal(database);
    return truncated;
}

void vacuum_sqlite(sqlite::Database &database, const std::string &target) {
    const std::int64_t page = database.number("PRAGMA page_size").value_or(0);
    const auto size = [&] { return page * database.number("PRAGMA page_count").value_or(0); };
    const std::int64_t before = size();
    check_room_for_copy(database, before - page * database.number("PRAGMA freelist_count").value_or(0), target);
    database.execute("PRAGMA temp_store = FILE"); // the copy
    const auto begin = Clock::now();
    database.execute("VACUUM");
    const std::chrono::duration<double> took = Clock::now() - begin;
    std::this_thread::sleep_for(rest_after_vacuum);
    empty_wal(database);
    std::printf("%s: %s, was %s; it was locked for %.1f s\n", target.c_str(), mebibytes(size()).c_str(),
                mebibytes(before).c_str(), took.count());
}

} // namespace iptracking
