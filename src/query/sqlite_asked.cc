// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/sqlite_asked.h"

#include "base/owner_rights.h"
#include "event/timestamp.h"
#include "query/csv_loader.h"
#include "query/no_right.h"
#include "query/sqlite_dialect.h"
#include "store/sqlite_file.h"
#include "store/sqlite_schema.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace iptracking {
namespace {

constexpr int wait_for_lock = 20'000; // milliseconds; readers wait only where a killed writer is cleaned up behind
constexpr char memory[] = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = FILE;"
                          "PRAGMA cache_size = -16000";

std::string as_uri(const std::string &path, const char *parameters) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string uri = "file://";
    for (const char c : std::filesystem::absolute(path).string())
        if (c == '%' || c == '?' || c == '#') {
            uri += '%';
            uri += digits[static_cast<unsigned char>(c) >> 4];
            uri += digits[c & 15];
        } else {
            uri += c;
        }
    return uri + parameters;
}

bool is_there(const std::string &path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        if (!S_ISREG(status.st_mode)) // a pipe would be waited for
            throw Error("'" + path + "' is not a regular file");
        return true;
    }
    if (errno == EACCES)
        throw no_right_to_read(path);
    return false;
}

/// `log`: beside the file stands its -wal, in which a daemon has written, or writes.
sqlite::Database open_file(const SqliteConfig &config, const std::string &target, bool log) {
    const std::string &path = config.filename;
    if (!is_there(path))
        throw Error(target + " is not there: the daemon makes it when it starts, and so does 'iptracking db init'");
    if (::access(path.c_str(), R_OK) < 0 && errno == EACCES)
        throw no_right_to_read(path);
    // Without a -wal, SQLite would make one, which a reader may not: it is a copy of the file alone, which nobody
    // writes to.
    const std::string uri = as_uri(path, log ? "?mode=ro" : "?immutable=1");
    return {uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI |
                     (sqlite_open_flags(config) & SQLITE_OPEN_NOFOLLOW)};
}

void check_version(sqlite::Database &database, const std::string &target) {
    const std::int64_t version = check_sqlite_schema(database);
    if (version == 0)
        throw Error(target + ": there are no tables of iptracking in it: 'iptracking db init' makes them");
    if (version != sqlite_schema_version)
        throw Error(target + " has schema version " + std::to_string(version) + ", this program asks version " +
                    std::to_string(sqlite_schema_version) +
                    ": 'iptracking db upgrade' upgrades it, and so does the daemon when it starts");
}

/// One column of the row.
Cell cell_of(const sqlite::Statement &statement, int column, Kind kind) {
    if (statement.column_is_null(column))
        return {};
    switch (kind) {
    case Kind::number:
    case Kind::bytes:
    case Kind::duration:
        return statement.column_number(column);
    case Kind::boolean:
        return statement.column_number(column) != 0;
    case Kind::real:
    case Kind::ratio:
        return statement.column_real(column);
    case Kind::time:
        if (const auto usec = parse_utc(statement.column_view(column)))
            return *usec;
        return {};
    default:
        return statement.column_text(column);
    }
}

void ask_sqlite(sqlite::Database &database, const Sql &question, std::span<const Kind> kinds, const RowSink &sink) {
    std::string text = question.text();
    std::replace(text.begin(), text.end(), '$', '?'); // no question has one elsewhere
    sqlite::Statement statement(database, text);
    int index = 0;
    for (const Sql::Value &value : question.values())
        std::visit([&](const auto &known) { statement.bind(++index, known); }, value);
    Row row(kinds.size());
    while (statement.step()) {
        for (std::size_t i = 0; i < kinds.size(); ++i)
            row[i] = cell_of(statement, static_cast<int>(i), kinds[i]);
        if (!sink(row))
            return;
    }
}

class SqliteAsked final : public AskedDatabase {
public:
    explicit SqliteAsked(const SqliteConfig &config) : config_(config), target_("sqlite3 " + config.filename) {
        const int flags = sqlite_open_flags(config);
        if (flags & SQLITE_OPEN_MEMORY)
            throw Error(target_ + ": it is in memory, only the daemon has it");
        is_path_ = !(flags & SQLITE_OPEN_URI);
        open();
    }

    const Dialect &dialect() const noexcept override { return sqlite_dialect(); }
    const std::string &target() const noexcept override { return target_; }

    void ask(const Sql &question, std::span<const Kind> kinds, const RowSink &sink) override {
        ask_sqlite(*database_, question, kinds, sink);
    }

    bool has_news() override {
        if (!has_log_ && is_path_ && is_there(config_.filename + "-wal"))
            open(); // a daemon has it now
        const std::int64_t version = database_->number("PRAGMA data_version").value_or(0);
        return std::exchange(data_version_, version) != version;
    }

private:
    void open() {
        try {
            // SQLite would give a -wal that it finds to the owner of the database.
            std::optional<OwnerRights> rights;
            if (is_path_ && is_there(config_.filename))
                rights.emplace(std::filesystem::absolute(config_.filename).parent_path());
            has_log_ = is_path_ && is_there(config_.filename) && is_there(config_.filename + "-wal");
            if (is_path_)
                database_.emplace(open_file(config_, target_, has_log_));
            else
                database_.emplace(config_.filename, SQLITE_OPEN_READONLY | sqlite_open_flags(config_));
            sqlite3_busy_timeout(database_->get(), wait_for_lock);
            database_->execute(memory);
            check_version(*database_, target_);
            add_sqlite_functions(*database_);
        } catch (const sqlite::SqliteError &error) {
            throw Error(target_ + ": " + error.what() +
                        (error.damaged() ? "; 'iptracking db check' says more about it" : ""));
        }
    }

    SqliteConfig config_;
    std::string target_;
    bool is_path_ = false; ///< its name
    bool has_log_ = false;
    std::optional<sqlite::Database> database_;
    std::int64_t data_version_ = 0;
};

class CsvAsked final : public AskedDatabase {
public:
    explicit CsvAsked(const CsvConfig &config)
        : target_("csvfile " + config.filename),
          database_("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX) { // a temporary file
        database_.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
                          "PRAGMA cache_size = -16000");
        prepare_sqlite_schema(database_);
        add_sqlite_functions(database_);
        loader_.emplace(config, target_, database_);
        loader_->load();
        loader_->pair_sessions();
    }

    const Dialect &dialect() const noexcept override { return sqlite_dialect(); }
    const std::string &target() const noexcept override { return target_; }
    void ask(const Sql &question, std::span<const Kind> kinds, const RowSink &sink) override {
        ask_sqlite(database_, question, kinds, sink);
    }
    bool has_news() override { return loader_->load() > 0; }

private:
    std::string target_;
    sqlite::Database database_;
    std::optional<CsvLoader> loader_;
};

} // namespace

std::unique_ptr<AskedDatabase> open_asked_csvfile(const CsvConfig &config) {
    return std::make_unique<CsvAsked>(config);
}

std::unique_ptr<AskedDatabase> open_asked_sqlite(const SqliteConfig &config) {
    return std::make_unique<SqliteAsked>(config);
}

} // namespace iptracking
