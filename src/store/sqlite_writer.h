// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/sqlite.h"
#include "pool/batch.h"
#include "store/last_attempts.h"
#include "store/row.h"
#include "store/sqlite_samples.h"
#include "store/sqlite_summaries.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace iptracking {

/// Writes batches through one connection, each in one transaction.  Other connections may write in between.
class SqliteWriter {
public:
    /// The schema must be there.  Who only imports has no stream.  `summaries` is told of the rows.
    explicit SqliteWriter(sqlite::Database &database, const std::string &stream_id = {},
                          SqliteSummaries *summaries = nullptr);

    /// The place that is stored of our stream; none: it is not known here.
    std::optional<Place> stored();
    /// Stores the rows together with the place behind them.  Throws a SqliteError; then nothing of it is stored, unless
    /// the commit itself failed: then ask stored().
    void write(const Batch &batch);
    /// Stores the rows, marked with where they come from, and no place.  Throws likewise.
    void import(const Batch &batch, std::string_view origin);

private:
    struct Row;
    template <class Body> void in_transaction(const Body &body);
    void catch_up();
    void insert_all(const Batch &batch, std::string_view origin);
    void insert(std::span<const Row> rows, std::string_view origin);
    static void bind(sqlite::Statement &statement, int before, std::int64_t id, const Row &row,
                     std::string_view origin);
    void inserted(std::int64_t id, const Row &row, std::string_view origin);

    sqlite::Database &database_;
    std::string stream_id_;
    SqliteSummaries *summaries_;
    std::int64_t last_id_ = 0;
    std::int64_t learned_ = 0; ///< the rows up to here are known to attempts_
    LastAttempts attempts_;
    sqlite::Statement last_, insert_, insert_many_, pair_, open_, close_;
    SqliteSamples samples_;
    sqlite::Statement position_;
};

} // namespace iptracking
