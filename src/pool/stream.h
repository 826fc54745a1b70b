// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "pool/place.h"

#include <optional>
#include <string>

namespace iptracking {

/// The identity of what was taken: a random id, kept with the pool and the id of the machine.  On another
/// machine (a cloned host), and where the pool was lost, a new stream begins.
class Stream {
public:
    /// `folder`: the pool's.
    explicit Stream(int folder);

    /// 32 hexadecimal digits.
    const std::string &id() const noexcept { return id_; }
    /// A new id from now on.
    void renew();

private:
    int folder_;
    std::string id_;
};

/// The hint `pool/stored`: the target and the last place that it confirmed.  A database that does not know the
/// stream (another driver, a new file, a restored backup) gets what follows it.
class StoredHint {
public:
    explicit StoredHint(int folder);

    std::optional<Place> place() const noexcept { return place_; }
    const std::string &target() const noexcept { return target_; }
    void set(Place place, const std::string &target);

private:
    UniqueFd file_;
    std::optional<Place> place_;
    std::string target_;
};

} // namespace iptracking
