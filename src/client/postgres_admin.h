// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/findings.h"
#include "config/config.h"
#include "db/postgres.h"

#include <string>

namespace iptracking {

/// A connection with the rights of `database.admin`.
struct PostgresAdmin {
    PostgresConfig config; ///< with the keywords of `admin`
    std::string target;
    std::string daemon_role; ///< that the daemon connects as
    postgres::Connection connection;
    std::string schema;
};

/// What makes the daemon's role able to store events, as SQL; empty: it is.
std::string missing_grant(postgres::Connection &connection, const std::string &role);

/// Says in what state the database is.
void check_postgres(PostgresAdmin &admin, Findings &findings);

} // namespace iptracking
