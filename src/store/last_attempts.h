// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/event.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace iptracking {

/// What a row of the log with log_event 1 says of its connection.  Texts as they are stored; data() is null, and a
/// number 0, where nothing is known.
struct AuthRow {
    std::int64_t id = 0;
    Outcome outcome = Outcome::none;
    std::string_view host, source, destination, service;
    std::int64_t source_port = 0, destination_port = 0, pid = 0;
};

/// Finds the attempt that a success belongs to: the row before it on the same connection, if that is an attempt of the
/// same process, as far as it is known.  A connection is host, source, destination and their ports; where the source's
/// port is not known, process and service too.
///
/// Remembers the last so many connections with an attempt; those that began first are forgotten first.
class LastAttempts {
public:
    explicit LastAttempts(std::size_t most = 65'536) : most_(most) {}

    /// Takes the rows in the order of their ids.  Gives the id of the attempt that has succeeded with this one.
    std::optional<std::int64_t> next(const AuthRow &row);
    void clear() noexcept;

private:
    struct Key {
        std::uint64_t low, high;
        bool operator==(const Key &) const = default;
    };
    struct Hash {
        std::size_t operator()(const Key &key) const noexcept { return key.low; }
    };
    struct Attempt {
        Key connection;
        std::int64_t id; ///< 0: something followed
        std::int64_t pid;
    };

    Key key_of(const AuthRow &row);
    void remember(const Attempt &attempt);

    std::size_t most_;
    std::vector<Attempt> attempts_; ///< a ring, once there are so many
    std::size_t oldest_ = 0;
    std::unordered_map<Key, std::size_t, Hash> places_;
    std::string buffer_;
};

} // namespace iptracking
