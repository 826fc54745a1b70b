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
