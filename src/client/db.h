// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "import/import_target.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace iptracking {

// `iptracking db …`, and what stood behind it.
struct DbInit {
    bool sql = false; ///< print it only
};
struct DbUpgrade {};
struct DbCheck {};
/// What becomes of them.
enum class OldEvents {
    removed,
    truncated, ///< they keep the net of their addresses only
};
struct DbPurge {
    std::optional<std::int64_t> before_usec; ///< none: as old as the configuration says
    OldEvents fate = OldEvents::removed;
    bool dry_run = false;
};
struct DbVacuum {};

// Each gives the exit status.
int run(const DbInit &verb, const Config &config);
int run(const DbUpgrade &verb, const Config &config);
int run(const DbCheck &verb, const Config &config);
int run(const DbPurge &verb, const Config &config);
int run(const DbVacuum &verb, const Config &config);

/// The time before which events have this age.
std::int64_t time_of_age(std::chrono::hours age);

/// Is told how many of them are done.
using Steps = std::function<void(std::int64_t events)>;

/// What the verbs do with a database of one driver.  Each says what it did.
class Administration {
public:
    virtual ~Administration() = default;
    virtual void print_sql();
    virtual void init() = 0;
    virtual void upgrade() = 0;
    /// Whether all is well.
    virtual bool check() = 0;
    /// How many events a purge would change.
    virtual std::int64_t count(const std::string &before, OldEvents fate) = 0;
    virtual std::int64_t purge(const std::string &before, OldEvents fate, const Steps &progress) = 0;
    virtual void vacuum() = 0;
    /// Made where there is none yet, if it is a file.
    virtual std::unique_ptr<ImportTarget> import_target() = 0;
};

std::unique_ptr<Administration> administer(const DriverConfig &driver);

std::unique_ptr<Administration> administer_csvfile(const CsvConfig &config);
std::unique_ptr<Administration> administer_sqlite(const SqliteConfig &config);
std::unique_ptr<Administration> administer_postgres(const PostgresConfig &config);

} // namespace iptracking
