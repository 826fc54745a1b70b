// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/unique_fd.h"
#include "pool/place.h"

#include <algorithm>
#include <optional>
#include <string>

namespace iptracking {

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

/// The identity of what was taken: a random id, kept with the pool and the id of the machine.  On another
/// machine (a cloned host), and where the pool or its end was lost, a new stream begins: its places must not be taken
/// for older ones that are stored already.
class Stream {
public:
    /// `folder`: the pool's.  `end_at_open`: what it held when it was opened.
    Stream(int folder, Place end_at_open);

    /// 32 hexadecimal digits.
    const std::string &id() const noexcept { return id_; }
    StoredHint &hint() noexcept { return hint_; }
    const StoredHint &hint() const noexcept { return hint_; }

    /// The highest place that a database can have of this stream.
    Place highest() const noexcept { return highest_; }
    void raise_highest(Place place) noexcept { highest_ = std::max(highest_, place); }
    /// A database has a higher one: what was there when the pool was opened is stored, and a new stream begins.
    void begin_anew();
    /// What was confirmed is stored, and a new stream begins.
    void begin_behind_hint() { renew(); }

private:
    void renew();

    int folder_;
    Place end_at_open_, highest_;
    StoredHint hint_;
    std::string id_;
};

} // namespace iptracking
