// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/directories.h"
#include "base/log.h"
#include "client/verb.h"
#include "query/no_right.h"

#include <cerrno>
#include <unistd.h>

namespace iptracking {

bool Called::may_read() const noexcept {
    return ::access(config.file.c_str(), R_OK) == 0 || errno != EACCES;
}

Config Called::read() const {
    if (!may_read())
        throw no_right_to_read(config.file);
    Config read = read_config(config, state_directory()).config;
    if (config.schema && !std::holds_alternative<PostgresConfig>(read.driver))
        log(Level::warning,
            std::string("--schema is ignored: it is for PostgreSQL, and the driver is ") + driver_name(read.driver));
    return read;
}

} // namespace iptracking
