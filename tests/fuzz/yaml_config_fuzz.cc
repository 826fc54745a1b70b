// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "base/file.h"
#include "config/config.h"
#include "config/yaml_node.h"
#include "fuzz.h"

#include <string>
#include <sys/mman.h>

using namespace iptracking;
using fuzz::must;

namespace {

void check_config(const Config &config) {
    must(config.fifo_file.starts_with('/'), "the path of the pipe is absolute");
    const RecordsConfig &records = config.pool.records;
    must(records.min >= 1 && records.delta >= 1, "there is a record at least");
    must(records.max == 0 || records.max >= records.min, "max is not less than min");
    must(config.pool.push_wait.min.count() >= 1, "a wait is never without a pause");
    must(config.pool.push_wait.max >= config.pool.push_wait.min, "the longest wait is not the shortest");
    must(!config.retention || config.retention->count() > 0, "a retention is an age");
    must(!driver_built_in(config.driver) || drivers_built_in().find(driver_name(config.driver)) != std::string::npos,
         "a driver that is built in is one of those that are named");
    if (const auto *csv = std::get_if<CsvConfig>(&config.driver))
        must(!csv->filename.empty() && !csv->delimiter.empty(), "a csvfile has a name and a delimiter");
    if (const auto *sqlite = std::get_if<SqliteConfig>(&config.driver))
        must(!sqlite->filename.empty(), "a database has a name");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view content = fuzz::text_of(data, size);
    const UniqueFd file{::memfd_create("iptracking.yml", MFD_CLOEXEC)};
    write_all_at(file.get(), content, 0, "iptracking.yml");
    try {
        check_config(load_config("/proc/self/fd/" + std::to_string(file.get()), "/state"));
    } catch (const ConfigError &error) {
        // No more lines than bytes; libyaml sees the end of a file without a newline on a line of its own.
        must(error.where().line >= 1 && error.where().line <= size + 2, "an error has a line of the file");
        must(error.where().column >= 1 && error.where().column <= size + 1, "an error has a column of a line");
    } catch (const Error &) {
        must(size > longest_yaml, "only a file that is too long has an error without a place");
    }
    return 0;
}
