// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"

#include <string>

namespace iptracking {

struct Examined {
    std::string text;     ///< "sqlite3 /var/lib/…: schema version 1, 12 events"
    std::string folder;   ///< that must be writable; empty: none
    bool network = false; ///< the database is reached over the network
};

/// Whether the database can be used, without changing anything.  Throws an Error that says why not.
Examined examine_database(const DriverConfig &driver);

} // namespace iptracking
