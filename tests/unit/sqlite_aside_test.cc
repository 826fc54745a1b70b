// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_aside.h"

#include "base/error.h"
#include "support.h"

#include <filesystem>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

using test::read_file;
using test::write_file;

TEST(SqliteAside, TakesTheLogOfTheDatabaseWithIt) {
    const test::TempDir folder;
    write_file(folder / "db", "database");
    write_file(folder / "db-wal", "log");
    EXPECT_EQ(set_sqlite_database_aside(folder / "db"), folder / "db.corrupt-1");
    EXPECT_EQ(read_file(folder / "db.corrupt-1"), "database");
    EXPECT_EQ(read_file(folder / "db.corrupt-1-wal"), "log");
    EXPECT_FALSE(std::filesystem::exists(folder / "db"));
    EXPECT_FALSE(std::filesystem::exists(folder / "db-wal"));
}

TEST(SqliteAside, OverwritesNothing) {
    const test::TempDir folder;
    write_file(folder / "db.corrupt-1", "old");
    write_file(folder / "db.corrupt-2-wal", "old log: the process ended before it renamed the database");
    write_file(folder / "db", "database");
    EXPECT_EQ(set_sqlite_database_aside(folder / "db"), folder / "db.corrupt-3");
    EXPECT_EQ(read_file(folder / "db.corrupt-1"), "old");
}

TEST(SqliteAside, LeavesTheDatabaseAndItsLogTogetherWhereTheyCannotBeMoved) {
    const test::TempDir folder;
    write_file(folder / "db", "database");
    std::filesystem::create_directory(folder / "db-wal"); // a folder has no second name
    EXPECT_THROW(set_sqlite_database_aside(folder / "db"), Error);
    EXPECT_EQ(read_file(folder / "db"), "database");
    EXPECT_FALSE(std::filesystem::exists(folder / "db.corrupt-1"));
}

TEST(SqliteAside, KnowsADatabaseOfOursByItsHeader) {
    const test::TempDir folder;
    std::string header = std::string("SQLite format 3\0", 16) + std::string(52, 'x') + "iptr" + std::string(28, 'x');
    write_file(folder / "ours", header);
    EXPECT_TRUE(was_sqlite_database_of_ours(folder / "ours"));
    write_file(folder / "short", header.substr(0, 71));
    EXPECT_FALSE(was_sqlite_database_of_ours(folder / "short"));
    header[70] = 'x';
    write_file(folder / "other", header);
    EXPECT_FALSE(was_sqlite_database_of_ours(folder / "other"));
    write_file(folder / "lines", std::string(68, 'x') + "iptr");
    EXPECT_FALSE(was_sqlite_database_of_ours(folder / "lines"));
    EXPECT_FALSE(was_sqlite_database_of_ours(folder / "none"));
}

TEST(LastingDamage, IsThatOfAFileThatStaysAsItIsFor5Seconds) {
    using namespace std::chrono_literals;
    const test::TempDir folder;
    const LastingDamage::Clock::time_point begin{};
    LastingDamage damage;
    write_file(folder / "db", "damaged");
    EXPECT_FALSE(damage.found(folder / "db", begin));
    EXPECT_FALSE(damage.found(folder / "db", begin + 4999ms));
    EXPECT_TRUE(damage.found(folder / "db", begin + 5s));

    write_file(folder / "db", "damaged, but it is just being copied");
    EXPECT_FALSE(damage.found(folder / "db", begin + 6s));
    EXPECT_FALSE(damage.found(folder / "db", begin + 10s));
    EXPECT_TRUE(damage.found(folder / "db", begin + 11s));

    damage.forget();
    EXPECT_FALSE(damage.found(folder / "db", begin + 12s));
    EXPECT_TRUE(damage.found(folder / "db", begin + 17s));
    std::filesystem::remove(folder / "db");
    EXPECT_FALSE(damage.found(folder / "db", begin + 30s));
}

TEST(SqliteAside, KeepsNoMoreThanNine) {
    const test::TempDir folder;
    for (int number = 1; number <= 9; ++number) {
        write_file(folder / "db", "database");
        set_sqlite_database_aside(folder / "db");
    }
    write_file(folder / "db", "database");
    EXPECT_THROW(set_sqlite_database_aside(folder / "db"), Error);
    EXPECT_EQ(read_file(folder / "db"), "database");
}

} // namespace
} // namespace iptracking
