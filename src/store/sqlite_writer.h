// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/sqlite.h"
#include "pool/batch.h"
#include "store/row.h"

#include <optional>
#include <string>

namespace iptracking {

/// Writes batches through one connection, each in one transaction together with the place behind it.
class SqliteWriter {
public:
    /// The schema must be there.
    SqliteWriter(sqlite::Database &database, const std::string &stream_id);

    /// The place that is stored of our stream; none: it is not known here.
    std::optional<Place> stored();
    /// Throws a SqliteError; then nothing of it is stored, unless the commit itself failed: then ask stored().
    void write(const Batch &batch);

private:
    void insert(const Event &event, const RowReader &row);

    sqlite::Database &database_;
    std::string stream_id_;
    std::int64_t last_id_;
    sqlite::Statement insert_, open_, close_, position_;
};

} // namespace iptracking
