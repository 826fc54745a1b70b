// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/config.h"

#include "base/file.h"
#include "config/database_config.h"

#include <fcntl.h>

namespace iptracking {
namespace {

constexpr std::uint64_t most_records = 1048576;
constexpr std::uint64_t longest_wait = 86400;
constexpr std::uint64_t smallest_pool = 64 * 1024;

RecordsConfig read_records(YamlMap map) {
    RecordsConfig records;
    records.min = map.number("min", 1, most_records).value_or(records.min);
    records.max = map.number("max", 0, most_records).value_or(records.max);
    records.delta = map.number("delta", 1, most_records).value_or(records.delta);
    map.finish();
    if (records.max != 0 && records.max < records.min)
        throw map.error("max", "must not be less than 'min', which is " + std::to_string(records.min));
    return records;
}

PushWaitConfig read_push_wait(YamlMap map) {
    using std::chrono::seconds;
    PushWaitConfig wait;
    wait.min = seconds(map.number("min", 1, longest_wait).value_or(static_cast<std::uint64_t>(wait.min.count())));
    wait.max = seconds(map.number("max", 1, longest_wait).value_or(static_cast<std::uint64_t>(wait.max.count())));
    wait.grow_threshold = map.number("grow-threshold", 1, most_records).value_or(wait.grow_threshold);
    wait.delta = seconds(map.number("delta", 0, longest_wait).value_or(static_cast<std::uint64_t>(wait.delta.count())));
    map.finish();
    if (wait.max < wait.min)
        throw map.error("max", "must not be less than 'min', which is " + std::to_string(wait.min.count()));
    return wait;
}

PoolConfig read_pool(YamlMap map) {
    PoolConfig pool;
    if (auto records = map.map("records"))
        pool.records = read_records(std::move(*records));
    pool.max_bytes = map.size("max-bytes", smallest_pool, std::uint64_t{1} << 50);
    if (map.word("sync", {"no", "batch"}) == "batch")
        pool.sync = PoolSync::batch;
    if (auto wait = map.map("push-wait-seconds"))
        pool.push_wait = read_push_wait(std::move(*wait));
    map.finish();
    return pool;
}

std::optional<std::chrono::hours> read_retention(YamlMap &root) {
    const auto text = root.text("retention");
    if (!text || *text == "none")
        return std::nullopt;
    const auto age = parse_age(*text);
    if (!age)
        throw root.error("retention", "must be an age like 36h, 90d, 12w or 2y, or none");
    return age;
}

} // namespace

const char *driver_name(const DriverConfig &driver) noexcept {
    static constexpr const char *names[] = {"csvfile", "sqlite3", "postgresql"};
    return names[driver.index()];
}

bool driver_built_in(const DriverConfig &driver) noexcept {
    static constexpr bool built[] = {true, IPTRACKING_HAVE_SQLITE3 != 0, IPTRACKING_HAVE_POSTGRESQL != 0};
    return built[driver.index()];
}

std::string drivers_built_in() {
    std::string names;
    for (const DriverConfig &driver :
         {DriverConfig{CsvConfig{}}, DriverConfig{SqliteConfig{}}, DriverConfig{PostgresConfig{}}})
        if (driver_built_in(driver))
            names.append(names.empty() ? "" : ", ").append(driver_name(driver));
    return names;
}

std::optional<std::chrono::hours> parse_age(const std::string &text) {
    using std::chrono::hours;
    constexpr std::pair<char, int> units[] = {{'h', 1}, {'d', 24}, {'w', 24 * 7}, {'y', 24 * 365}};
    const std::string digits = text.substr(0, text.empty() ? 0 : text.size() - 1);
    const bool is_number = !digits.empty() && digits.size() <= 6 && digits[0] != '0' &&
                           digits.find_first_not_of("0123456789") == std::string::npos;
    for (const auto &[letter, factor] : units)
        if (is_number && text.back() == letter)
            return hours(std::stol(digits) * factor);
    return std::nullopt;
}

Config default_config(const std::string &state_directory) {
    Config config;
#if IPTRACKING_HAVE_SQLITE3
    config.driver = default_database(state_directory);
#else
    config.driver = CsvConfig{.filename = state_directory + "/iptracking.csv"};
#endif
    return config;
}

Config load_config(const std::string &file, const std::string &state_directory) {
    const auto content = read_small_file(AT_FDCWD, file, longest_yaml);
    if (!content)
        throw_errno(ENOENT, "cannot open '" + file + "'");
    const YamlNode document = parse_yaml(file, *content);
    YamlMap root(file, document, "");
    Config config = default_config(state_directory);
    if (auto database = root.map("database"))
        config.driver = read_database(std::move(*database), state_directory);
    if (const auto fifo = root.text("fifo-file")) {
        if (!fifo->starts_with('/'))
            throw root.error("fifo-file", "must be an absolute path");
        config.fifo_file = *fifo;
    }
    if (auto pool = root.map("log-pool"))
        config.pool = read_pool(std::move(*pool));
    config.retention = read_retention(root);
    root.finish();
    return config;
}

} // namespace iptracking
