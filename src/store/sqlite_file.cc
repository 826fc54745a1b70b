// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/sqlite_file.h"

#include "store/sqlite_schema.h"

#include <cerrno>
#include <map>
#include <sys/stat.h>

namespace iptracking {

int sqlite_open_flags(const SqliteConfig &config) {
    static const std::map<std::string, int> known{
        {"URI", SQLITE_OPEN_URI},
        {"MEMORY", SQLITE_OPEN_MEMORY},
        {"NOMUTEX", SQLITE_OPEN_NOMUTEX},
        {"FULLMUTEX", SQLITE_OPEN_FULLMUTEX},
        {"SHAREDCACHE", SQLITE_OPEN_SHAREDCACHE},
        {"PRIVATECACHE", SQLITE_OPEN_PRIVATECACHE},
        {"NOFOLLOW", SQLITE_OPEN_NOFOLLOW},
    };
    int flags = 0;
    for (const std::string &name : config.flags)
        flags |= known.at(name);
    // One thread uses a connection; a lock at each call of SQLite took a tenth of the time that a row takes.
    return flags & SQLITE_OPEN_FULLMUTEX ? flags : flags | SQLITE_OPEN_NOMUTEX;
}

void set_up_sqlite_writer(sqlite::Database &database) {
    if (const std::string file = database.file(); !file.empty()) {
        struct stat status {};
        // Readable by the group, whatever the umask; -wal and -shm take its mode.
        if (::stat(file.c_str(), &status) == 0 && status.st_size == 0 && ::chmod(file.c_str(), 0640) < 0)
            throw_errno(errno, "cannot set the mode of '" + file + "'");
    }
    check_sqlite_schema(database); // before anything is written to it
    // Members of the group may not write to the folder: they can read a WAL database only where its -wal file is,
    // so it stays when the last connection closes, emptied.
    database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 0;"
                     "PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF");
    int persist = 1;
    sqlite3_file_control(database.get(), "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
}

} // namespace iptracking
