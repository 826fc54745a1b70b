// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/check.h"

#include "base/directories.h"
#include "store/examine.h"

#include <cstdio>

namespace iptracking {
namespace {

void print(const char *what, const std::string &value) {
    std::printf("%-14s %s\n", what, value.c_str());
}

std::string pool_in_words(const PoolConfig &pool) {
    std::string text = "records " + std::to_string(pool.records.min) + " to " +
                       (pool.records.max == 0 ? "any number" : std::to_string(pool.records.max)) + " by " +
                       std::to_string(pool.records.delta);
    text += pool.max_bytes ? "; at most " + std::to_string(*pool.max_bytes) + " bytes wait on disk"
                           : "; at most 256 MiB or a tenth of the file system wait on disk";
    text += pool.sync == PoolSync::batch ? ", synced" : ", not synced";
    return text;
}

std::string wait_in_words(const PushWaitConfig &wait) {
    return std::to_string(wait.min.count()) + " to " + std::to_string(wait.max.count()) + " s, growing by " +
           std::to_string(wait.delta.count()) + " s after every " + std::to_string(wait.grow_threshold) + " looks";
}

/// A hardened unit may write to its own folders only.
void print_drop_in(const std::string &folder) {
    std::printf("\nThe service may not write to %s. Let it, with 'systemctl edit iptracking.service':\n\n"
                "[Service]\nReadWritePaths=%s\n",
                folder.c_str(), folder.c_str());
}

/// Nor may it use the network.
void print_drop_in_for_network() {
    std::printf("\nThe service may not use the network. Let it, with 'systemctl edit iptracking.service'\n"
                "(or put IPAddressAllow= to the addresses of the server and of the name servers alone):\n\n"
                "[Service]\nPrivateNetwork=no\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\nIPAddressDeny=\n");
}

} // namespace

void check_configuration(const Options &options) {
    const std::string directory = state_directory();
    const ChosenConfig read = read_config(options.config, directory);
    print("configuration", read.from_file ? options.config.file : options.config.file + " is not there: defaults hold");
    print("driver", driver_name(read.config.driver));
    print("named pipe", read.config.fifo_file);
    print("pool", pool_in_words(read.config.pool));
    print("look again", wait_in_words(read.config.pool.push_wait));
    print("retention", read.config.retention ? std::to_string(read.config.retention->count()) + " hours" : "none");

    const Examined database = examine_database(read.config.driver);
    print("database", database.text);
    const auto is_in = [&](const std::string &folder) { return (database.folder + "/").starts_with(folder + "/"); };
    if (!database.folder.empty() && !is_in(directory) && !is_in(IPTRACKING_LOGS_DIR))
        print_drop_in(database.folder);
    if (database.network)
        print_drop_in_for_network();
}

} // namespace iptracking
