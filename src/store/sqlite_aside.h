// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace iptracking {

/// Renames a damaged database, which nobody has open, with its -wal and -shm to FILE.corrupt-1, or the first number
/// up to 9 that is free.  Gives the new name.  Throws an Error, and then the database stays where it was.
std::string set_sqlite_database_aside(const std::string &file);

/// Whether a file whose content SQLite cannot read was once a database of ours: its header says so.
bool was_sqlite_database_of_ours(const std::string &file);

/// Tells damage that lasts from that of a file which is just being copied into its place: it stays the same for 5 s.
class LastingDamage {
public:
    using Clock = std::chrono::steady_clock;

    /// The file was found damaged at `now`.  True: it has been so, and has not changed, for long enough.
    bool found(const std::string &file, Clock::time_point now);
    void forget() noexcept { first_.reset(); }

private:
    struct Version {
        std::uint64_t device, inode, size;
        std::int64_t changed_sec, changed_nsec;
        bool operator==(const Version &) const = default;
    };
    struct First {
        Version version;
        Clock::time_point time;
    };

    std::optional<First> first_;
};

} // namespace iptracking
