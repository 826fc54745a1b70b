// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking db …` for SQLite databases.
#include "base/error.h"
#include "base/file.h"
#include "client/db.h"
#include "client/findings.h"
#include "client/sqlite_upkeep.h"
#include "store/sqlite_file.h"
#include "store/sqlite_purge.h"
#include "store/sqlite_schema.h"
#include "store/sqlite_truncate.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <unistd.h>

namespace iptracking {
namespace {

constexpr int wait_for_lock = 20'000; // milliseconds

/// What root makes in the folder of the daemon has to be the daemon's.  Root's rights would also follow links there.
void become_owner_of(const std::string &folder) {
    const struct stat status = status_of(open_file(folder, O_RDONLY | O_DIRECTORY).get(), folder);
    if (::geteuid() != 0 || status.st_uid == 0)
        return;
    if (::setgroups(0, nullptr) < 0 || ::setresgid(status.st_gid, status.st_gid, status.st_gid) < 0 ||
        ::setresuid(status.st_uid, status.st_uid, status.st_uid) < 0)
        throw_errno(errno, "cannot become the owner of '" + folder + "'");
}

class SqliteAdministration final : public Administration {
public:
    explicit SqliteAdministration(const SqliteConfig &config) : config_(config), target_("sqlite3 " + config.filename) {
        const int flags = sqlite_open_flags(config);
        if (flags & SQLITE_OPEN_MEMORY)
            throw Error(target_ + ": it is in memory, only the daemon has it");
        if (flags & SQLITE_OPEN_URI) {
            if (::geteuid() == 0)
                throw Error(target_ + ": for a URI, run this as the user of the daemon (sudo -u iptracking)");
        } else {
            is_path_ = true;
            become_owner_of(std::filesystem::absolute(config.filename).parent_path());
        }
    }

    void init() override { prepare(SQLITE_OPEN_CREATE); }
    void upgrade() override { prepare(0); }
    bool check() override;
    std::int64_t count(const std::string &before, OldEvents fate) override {
        sqlite::Database database = open(SQLITE_OPEN_READONLY);
        check_version(database);
        return fate == OldEvents::removed ? SqlitePurge(database, before).count()
                                          : SqliteTruncate(database, before).count();
    }
    std::int64_t purge(const std::string &before, OldEvents fate, const Steps &progress) override {
        sqlite::Database database = open_to_change();
        return fate == OldEvents::removed ? purge_sqlite(database, before, progress)
                                          : truncate_sqlite(database, before, progress);
    }
    void vacuum() override {
        sqlite::Database database = open_to_change();
        vacuum_sqlite(database, target_);
    }
    std::unique_ptr<ImportTarget> import_target() override;

private:
    sqlite::Database open(int flags) const {
        if (is_path_ && !(flags & SQLITE_OPEN_CREATE) && ::access(config_.filename.c_str(), F_OK) < 0 &&
            errno == ENOENT)
            throw Error(target_ + " is not there: 'iptracking db init' makes it, and so does the daemon");
        sqlite::Database database(config_.filename, flags | sqlite_open_flags(config_));
        sqlite3_busy_timeout(database.get(), wait_for_lock);
        return database;
    }

    sqlite::Database open_to_change() const {
        sqlite::Database database = open(SQLITE_OPEN_READWRITE);
        check_version(database);
        set_up_sqlite_writer(database);
        return database;
    }

    /// `create`: an empty one is good, too.
    void prepare(int create) {
        sqlite::Database database = open(SQLITE_OPEN_READWRITE | create);
        const std::int64_t before = check_sqlite_schema(database);
        if (before == 0 && !create)
            throw Error(target_ + ": there are no tables of iptracking in it: 'iptracking db init' makes them");
        set_up_sqlite_writer(database);
        prepare_sqlite_schema(database);
        std::printf("%s: schema version %lld is in place (was %s)\n", target_.c_str(),
                    static_cast<long long>(sqlite_schema_version),
                    before == 0 ? "none" : std::to_string(before).c_str());
    }

    void check_version(sqlite::Database &database) const {
        if (const std::int64_t version = check_sqlite_schema(database); version != sqlite_schema_version)
            throw Error(target_ + ": schema version " + std::to_string(version) +
                        " is not the newest: 'iptracking db init' upgrades it");
    }

    SqliteConfig config_;
    std::string target_;
    bool is_path_ = false; ///< its name
};

std::string text_of(sqlite::Database &database, const char *sql) {
    sqlite::Statement ask(database, sql);
    return ask.step() ? ask.column_text(0) : "";
}

bool SqliteAdministration::check() {
    Findings findings;
    findings.fact("target", target_);
    sqlite::Database database = open(SQLITE_OPEN_READONLY);
    const std::int64_t version = check_sqlite_schema(database);
    findings.fact("SQLite", sqlite3_libversion());
    findings.fact("schema",
                  "version " + std::to_string(version) + ", the newest is " + std::to_string(sqlite_schema_version));
    if (version != sqlite_schema_version)
        findings.wrong("the schema of '" + config_.filename + "' has version " + std::to_string(version) +
                       ": 'iptracking db init' makes it " + std::to_string(sqlite_schema_version));
    const std::string integrity = text_of(database, "PRAGMA quick_check(1)");
    const bool is_whole = integrity == "ok";
    findings.fact("integrity", is_whole ? integrity : integrity.substr(integrity.find('\n') + 1));
    if (!is_whole)
        findings.wrong("the database '" + config_.filename +
                       "' is damaged: stop the daemon, and put back a backup, or see .recover of sqlite3(1)");
    if (version == sqlite_schema_version && is_whole) {
        findings.fact("events", std::to_string(database.number("SELECT count(*) FROM inet_log").value_or(0)));
        findings.fact("oldest", text_of(database, "SELECT min(log_date) FROM inet_log"));
        findings.fact("newest", text_of(database, "SELECT max(log_date) FROM inet_log"));
        findings.fact("summaries", std::to_string(sqlite_summaries_behind(database)) + " events behind");
    }
    return findings.conclude();
}

std::unique_ptr<ImportTarget> SqliteAdministration::import_target() {
    sqlite::Database database = open(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    const bool is_new = check_sqlite_schema(database) == 0;
    if (!is_new)
        check_version(database);
    set_up_sqlite_writer(database);
    if (is_new)
        prepare_sqlite_schema(database);
    return import_into_sqlite(std::move(database));
}

} // namespace

std::unique_ptr<Administration> administer_sqlite(const SqliteConfig &config) {
    return std::make_unique<SqliteAdministration>(config);
}

} // namespace iptracking
