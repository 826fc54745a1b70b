// SPDX-License-Identifier: GPL-2.0-or-later
#include "db/sqlite.h"

namespace iptracking::sqlite {
namespace {

[[noreturn]] void fail(sqlite3 *handle, int code, const std::string &what) {
    const int extended = handle ? sqlite3_extended_errcode(handle) : code;
    throw SqliteError(extended, what + ": " + (handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code)));
}

} // namespace

bool SqliteError::damaged() const noexcept {
    // "malformed database schema" has the same code, also where the schema is only newer than this SQLite.
    return code() == SQLITE_NOTADB || (code() == SQLITE_CORRUPT &&
                                       std::string_view(what()).find("malformed database schema") == std::string::npos);
}

Database::Database(const std::string &name, int flags) : name_(name) {
    sqlite3 *handle = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
    handle_.reset(handle);
    if (code != SQLITE_OK)
        fail(handle, code, "cannot open database '" + name + "'");
    sqlite3_busy_timeout(handle, 0);
}

std::string Database::file() const {
    const char *file = sqlite3_db_filename(handle_.get(), "main");
    return file ? file : "";
}

void Database::execute(const std::string &sql) {
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        fail(handle_.get(), code, "database '" + name_ + "'");
}

std::optional<std::int64_t> Database::number(const std::string &sql) {
    Statement statement(*this, sql);
    if (!statement.step() || statement.column_is_null(0))
        return std::nullopt;
    return statement.column_number(0);
}

Statement::Statement(Database &database, std::string_view sql) {
    sqlite3_stmt *statement = nullptr;
    const int code = sqlite3_prepare_v3(database.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    handle_.reset(statement);
    if (code != SQLITE_OK)
        fail(database.get(), code, "cannot prepare a statement");
}

void Statement::check(int code) {
    if (code != SQLITE_OK)
        fail(sqlite3_db_handle(handle_.get()), code, "cannot bind a value");
}

Statement &Statement::bind(int index, std::int64_t value) {
    check(sqlite3_bind_int64(handle_.get(), index, value));
    return *this;
}

Statement &Statement::bind(int index, std::string_view value) {
    check(sqlite3_bind_text(handle_.get(), index, value.data(), static_cast<int>(value.size()), SQLITE_STATIC));
    return *this;
}

Statement &Statement::bind_null(int index) {
    check(sqlite3_bind_null(handle_.get(), index));
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    sqlite3 *const database = sqlite3_db_handle(handle_.get());
    const std::string what =
        std::string("database '") + sqlite3_db_filename(database, "main") + "': " + sqlite3_errmsg(database);
    const int extended = sqlite3_extended_errcode(database);
    reset();
    throw SqliteError(extended, what);
}

void Statement::run() {
    if (step())
        throw Error("a statement gave a row, where none was expected");
    reset();
}

void Statement::reset() noexcept {
    sqlite3_reset(handle_.get());
}

std::int64_t Statement::column_number(int column) const noexcept {
    return sqlite3_column_int64(handle_.get(), column);
}

double Statement::column_real(int column) const noexcept {
    return sqlite3_column_double(handle_.get(), column);
}

bool Statement::column_is_null(int column) const noexcept {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::column_view(int column) const noexcept {
    const auto *text = reinterpret_cast<const char *>(sqlite3_column_text(handle_.get(), column));
    return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column)))
                : std::string_view{};
}

std::string Statement::column_text(int column) const {
    return std::string(column_view(column));
}

Transaction::Transaction(Database &database) : database_(database) {
    database_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (open_ && !sqlite3_get_autocommit(database_.get()))
        sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    database_.execute("COMMIT");
    open_ = false;
}

} // namespace iptracking::sqlite
