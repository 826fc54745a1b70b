// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/status.h"

#include "base/directories.h"
#include "base/file.h"
#include "event/timestamp.h"
#include "query/no_right.h"
#include "query/questions.h"

#include <charconv>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <sstream>

namespace iptracking {
namespace {

constexpr char service_unit[] = "iptracking.service", socket_unit[] = "iptracking.socket";
constexpr std::size_t longest_counters = 64 * 1024;
constexpr std::time_t stall_lasts = 60; // seconds, as the callback has it

std::uint64_t size_of(const std::string &path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void look_at_units(Status &status) try {
    if (!Units::are_here()) {
        status.units_trouble = "systemd does not run here";
        return;
    }
    const Units units;
    status.service = {units.state(service_unit), units.status_text(service_unit)};
    status.socket = {units.state(socket_unit), ""};
} catch (const Error &error) {
    status.units_trouble = error.what();
}

void look_at_pipe(Status &status, const std::string &fifo) {
    status.pipe = fifo;
    struct stat pipe {
    }, stalled{};
    status.has_pipe = ::stat(fifo.c_str(), &pipe) == 0 && S_ISFIFO(pipe.st_mode);
    status.is_stalled =
        ::stat((fifo + ".stalled").c_str(), &stalled) == 0 && std::time(nullptr) - stalled.st_mtim.tv_sec < stall_lasts;
    // The callbacks keep one byte each.
    status.refused = size_of(fifo + ".refused");
    status.lost = size_of(fifo + ".lost");
}

std::map<std::string, std::uint64_t> read_counters() try {
    const UniqueFd folder = open_file(runtime_directory(), O_RDONLY | O_DIRECTORY);
    return parse_counters(read_small_file(folder.get(), "iptracking.prom", longest_counters).value_or(""));
} catch (const Error &) {
    return {}; // without the daemon there is no folder
}

std::optional<std::uint64_t> bytes_in_pool() {
    std::error_code error;
    std::uint64_t bytes = 0;
    for (const auto &file : std::filesystem::directory_iterator(state_directory() + "/pool", error)) {
        if (file.path().extension() == ".lines")
            bytes += size_of(file.path());
    }
    return error ? std::nullopt : std::optional(bytes);
}

void look_at_database(Status::Database &found, const Config &config) try {
    found.driver = driver_name(config.driver);
    const auto database = open_asked_database(config);
    found.target = database->target();
    // The columns are known by their names.
    const auto column = [](std::string_view name) {
        const auto columns = top_columns(TopBy::total);
        std::size_t index = 0;
        while (columns[index].name != name)
            ++index;
        return index;
    };
    ask_top(*database, {}, {.by = TopBy::total}, [&](const Row &row) {
        if (const auto *events = std::get_if<std::int64_t>(&row[column("events")]))
            found.events = *events;
        if (const auto *last = std::get_if<std::int64_t>(&row[column("last")]))
            found.newest_usec = *last;
        return false;
    });
    found.events = found.events.value_or(0);
} catch (const Error &error) {
    found.trouble = error.what();
}

} // namespace

std::map<std::string, std::uint64_t> parse_counters(const std::string &text) {
    constexpr std::string_view prefix = "iptracking_", suffix = "_total";
    std::map<std::string, std::uint64_t> counters;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t blank = line.rfind(' ');
        if (!line.starts_with(prefix) || blank == std::string::npos)
            continue;
        std::string name = line.substr(prefix.size(), std::min(line.find_first_of(" {"), blank) - prefix.size());
        if (name.ends_with(suffix))
            name.resize(name.size() - suffix.size());
        std::uint64_t value = 0;
        if (std::from_chars(line.data() + blank + 1, line.data() + line.size(), value).ec == std::errc())
            counters[name] = value;
    }
    return counters;
}

Status look_at_everything(const Called &called) {
    Status status;
    const bool is_known = called.may_read();
    const Config config = is_known ? called.read() : default_config(state_directory());
    look_at_units(status);
    look_at_pipe(status, config.fifo_file);
    status.counters = read_counters();
    status.pool_bytes = bytes_in_pool();
    if (is_known)
        look_at_database(status.database, config);
    else
        status.database.trouble = no_right_to_read(called.config.file).what();
    return status;
}

bool Status::is_well() const {
    const auto taking = counters.find("taking_events"), storing = counters.find("database_up");
    const bool pipe_is_open = !socket.state || socket.state->active == "active";
    const bool has_failed = service.state && service.state->active == "failed";
    const bool daemon_is_well = counters.empty() || (taking != counters.end() && taking->second != 0 &&
                                                     storing != counters.end() && storing->second != 0);
    return has_pipe && pipe_is_open && !has_failed && daemon_is_well && !is_stalled && database.trouble.empty();
}

} // namespace iptracking
