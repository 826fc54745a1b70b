// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/chosen_config.h"

#include "config/yaml_node.h"

#include <cerrno>
#include <sys/stat.h>

namespace iptracking {

ChosenConfig read_config(const ConfigChoice &choice, const std::string &state_directory) {
    struct stat status {};
    const bool there = ::stat(choice.file.c_str(), &status) == 0 || errno != ENOENT;
    ChosenConfig read{default_config(state_directory), there || choice.file_given};
    if (read.from_file)
        read.config = load_config(choice.file, state_directory);
    if (!driver_built_in(read.config.driver))
        throw ConfigError(choice.file, {},
                          std::string("the driver '") + driver_name(read.config.driver) +
                              "' is not in this build; these are: " + drivers_built_in());
    if (auto *postgres = std::get_if<PostgresConfig>(&read.config.driver); postgres && choice.schema)
        postgres->schema = *choice.schema;
    return read;
}

} // namespace iptracking
