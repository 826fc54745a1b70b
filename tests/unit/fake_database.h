// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "loop/sources.h"
#include "store/driver.h"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

/// A driver that fails as it is told to, for the recorder's tests.  make_driver() of this program gives it: the
/// linker takes the one in fake_database.cc, and leaves the one of the store library out.
namespace iptracking::test {

/// What stays when the driver goes.  Set as the current one as long as it lives.
struct FakeDatabase {
    FakeDatabase();
    ~FakeDatabase();
    FakeDatabase(const FakeDatabase &) = delete;
    FakeDatabase &operator=(const FakeDatabase &) = delete;

    // What it did.
    std::vector<std::string> users;      ///< of the events that are stored
    std::map<std::string, Place> places; ///< by stream
    std::vector<std::size_t> sizes;      ///< of the batches that it was given
    int starts = 0;

    // What it shall do.
    bool away = false;
    bool locked = false;        ///< tells that it is blocked, and stores nothing
    bool holding = false;       ///< stores nothing, and tells nothing
    bool loses_answers = false; ///< goes away just after a commit, before it says so; once
    std::string refused_user;   ///< an event of this user is rejected
    bool refuses_all = false;   ///< each event is
    std::size_t batch_limit = SIZE_MAX;
    std::size_t most_in_flight = 1;

    /// Has the driver look again: after one of the above was changed.
    std::function<void()> look_again = [] {};
    std::size_t events_in_flight = 0;
};

} // namespace iptracking::test
