// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace iptracking {

/// log-pool.records: how many events are in memory.  Starts with `min`, grows by `delta` when all are in use,
/// never beyond `max` (0: no limit).
struct RecordsConfig {
    std::size_t min = IPTRACKING_RECORDS_MIN;
    std::size_t max = IPTRACKING_RECORDS_MAX;
    std::size_t delta = IPTRACKING_RECORDS_DELTA;
};

/// log-pool.push-wait-seconds: how long a wait lasts at most before looking again: `min`, and after every
/// `grow_threshold` fruitless looks `delta` longer, up to `max`.
struct PushWaitConfig {
    std::chrono::seconds min{IPTRACKING_PUSH_WAIT_MIN};
    std::chrono::seconds max{IPTRACKING_PUSH_WAIT_MAX};
    std::size_t grow_threshold = IPTRACKING_PUSH_WAIT_GROW_THRESHOLD;
    std::chrono::seconds delta{IPTRACKING_PUSH_WAIT_DELTA};
};

enum class PoolSync {
    no,    ///< survives everything but a power cut
    batch, ///< what was taken is synced before it counts as taken
};

struct PoolConfig {
    RecordsConfig records;
    std::optional<std::uint64_t> max_bytes; ///< none: 256 MiB, or a tenth of the file system if that is less
    PoolSync sync = PoolSync::no;
    PushWaitConfig push_wait;
};

struct CsvConfig {
    std::string filename;
    std::string delimiter = ",";
    bool header = false;
};

struct SqliteConfig {
    std::string filename;           ///< or a URI, if `flags` holds URI
    std::vector<std::string> flags; ///< names as in the configuration: URI MEMORY NOMUTEX …
};

struct PostgresConfig {
    using Keywords = std::map<std::string, std::string>; ///< of libpq
    std::string schema{IPTRACKING_POSTGRESQL_SCHEMA};    ///< empty: that of the connection
    Keywords keywords;
    Keywords client, admin; ///< replace the above for the client, and for `db init|upgrade|purge`
};

using DriverConfig = std::variant<CsvConfig, SqliteConfig, PostgresConfig>;

/// "csvfile", "sqlite3" or "postgresql".
const char *driver_name(const DriverConfig &driver) noexcept;
/// Whether this build has it.
bool driver_built_in(const DriverConfig &driver) noexcept;
/// The names of those in this build: "csvfile, sqlite3".
std::string drivers_built_in();

struct Config {
    std::string fifo_file = IPTRACKING_FIFO_FILE;
    DriverConfig driver = SqliteConfig{};
    PoolConfig pool;
    std::optional<std::chrono::hours> retention; ///< age above which `purge` removes events; none: they are kept
};

/// "36h", "90d", "12w" or "2y" (of 365 days); nullopt for anything else.
std::optional<std::chrono::hours> parse_age(const std::string &text);

/// What holds without a configuration file: sqlite3 in the state directory (csvfile in a build without it).
Config default_config(const std::string &state_directory);

/// Reads the file, iptracking.yml(5).  Throws a ConfigError, or an Error if it cannot be read.
Config load_config(const std::string &file, const std::string &state_directory);

} // namespace iptracking
