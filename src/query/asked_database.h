// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/config.h"
#include "query/answer.h"
#include "query/dialect.h"
#include "query/sql.h"

#include <memory>
#include <span>
#include <string>

namespace iptracking {

/// The database that the configuration names, opened to be read only.
class AskedDatabase {
public:
    virtual ~AskedDatabase() = default;

    virtual const Dialect &dialect() const noexcept = 0;
    /// "sqlite3 /var/lib/iptracking/iptracking.db", for messages.
    virtual const std::string &target() const noexcept = 0;

    /// Runs one question; `kinds` says what each column of it is: text, address, number, real, ratio, time, duration or
    /// boolean.  (Dialect::time() writes a time so that it arrives.)  While the sink runs a read transaction may be
    /// open: it must not wait for anybody.
    virtual void ask(const Sql &question, std::span<const Kind> kinds, const RowSink &sink) = 0;

    /// Whether somebody may have stored events since this was asked last.
    virtual bool has_news() = 0;
};

/// Throws an Error that says what to do: where there is no database yet, where its schema is not the newest, where this
/// user may not read it.  A csvfile is loaded into a temporary database.
std::unique_ptr<AskedDatabase> open_asked_database(const Config &config);

} // namespace iptracking
