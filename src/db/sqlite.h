// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <sqlite3.h>
#include <string>
#include <string_view>

namespace iptracking::sqlite {

class SqliteError : public Error {
public:
    SqliteError(int code, const std::string &what) : Error(what), code_(code) {}
    /// A primary result code, SQLITE_BUSY and so on.
    int code() const noexcept { return code_ & 0xff; }
    bool busy() const noexcept { return code() == SQLITE_BUSY || code() == SQLITE_LOCKED; }
    /// The file is no good database.
    bool damaged() const noexcept;

private:
    int code_;
};

/// One connection.  It never waits for a lock.
class Database {
public:
    /// `flags` as for sqlite3_open_v2().
    Database(const std::string &name, int flags);

    sqlite3 *get() const noexcept { return handle_.get(); }
    /// The path of the file; empty for a database in memory.
    std::string file() const;
    void execute(const std::string &sql);
    /// The first column of the first row; nullopt if there is none, or it is null.
    std::optional<std::int64_t> number(const std::string &sql);

private:
    struct Close {
        void operator()(sqlite3 *handle) const noexcept { sqlite3_close(handle); }
    };
    std::unique_ptr<sqlite3, Close> handle_;
    std::string name_;
};

/// One prepared statement.  Parameters count from 1.  Texts are not copied: they must live until step() or run().
class Statement {
public:
    Statement(Database &database, std::string_view sql);

    Statement &bind(int index, std::int64_t value);
    Statement &bind(int index, std::string_view value);
    Statement &bind_null(int index);

    /// True: a row is there.
    bool step();
    /// For a statement that gives no rows; it can be bound and run again.
    void run();
    void reset() noexcept;

    std::int64_t column_number(int column) const noexcept;
    double column_real(int column) const noexcept;
    std::string column_text(int column) const;
    /// Until the next step(); data() is null where the value is.
    std::string_view column_view(int column) const noexcept;
    bool column_is_null(int column) const noexcept;

private:
    void check(int code);

    struct Finalize {
        void operator()(sqlite3_stmt *statement) const noexcept { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Takes the write lock at once, and rolls back unless it is committed.
class Transaction {
public:
    explicit Transaction(Database &database);
    ~Transaction();
    Transaction(const Transaction &) = delete;
    Transaction &operator=(const Transaction &) = delete;
    void commit();

private:
    Database &database_;
    bool open_ = true;
};

} // namespace iptracking::sqlite
