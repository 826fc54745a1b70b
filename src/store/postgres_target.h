// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "db/postgres.h"

#include <string>

namespace iptracking {

/// "postgresql host=db.example.net dbname=logins schema=public".
std::string describe_postgres_target(const PostgresConfig &config);

/// The keywords of the configuration, and what a daemon needs beside them: a peer that is gone is noticed in seconds.
postgres::Keywords postgres_keywords_to_connect(const PostgresConfig &config);

/// Throws an Error for a server that cannot keep what is stored: its encoding is not UTF8, or it is too old.
void check_postgres_server(const postgres::Connection &connection);

} // namespace iptracking
