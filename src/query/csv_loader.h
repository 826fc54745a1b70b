// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "db/sqlite.h"
#include "store/last_attempts.h"
#include "store/sqlite_samples.h"

#include <cstdio>
#include <memory>

namespace iptracking {

/// Reads the file of the csvfile driver into a database of the schema of sqlite3.  No summary is filled: to count once
/// takes less time.
class CsvLoader {
public:
    /// `target` names the file in messages.  Throws an Error where it cannot be read.
    CsvLoader(const CsvConfig &config, const std::string &target, sqlite::Database &database);

    /// Takes the whole lines that are new in the file; gives how many.
    std::size_t load();
    /// Pairs what opened and closed sessions, of all rows, and drops what was sampled behind their ends.
    void pair_sessions();

private:
    bool store(std::vector<std::string> &fields);

    struct Close {
        void operator()(std::FILE *file) const noexcept { std::fclose(file); }
    };
    CsvConfig config_;
    std::string target_;
    std::string header_;
    std::unique_ptr<std::FILE, Close> file_;
    sqlite::Database &database_;
    sqlite::Statement insert_, pair_;
    SqliteSamples samples_;
    LastAttempts attempts_;
    std::int64_t last_id_ = 0;
    long offset_ = 0; ///< behind the last whole line
};

} // namespace iptracking
