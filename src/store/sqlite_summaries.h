// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "db/sqlite.h"
#include "store/key_counts.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace iptracking {

/// The summaries of a database, which trail behind its rows.  Rows that are noted while they are written need not be
/// read again; of others, and after forget(), the rows themselves are asked.
class SqliteSummaries {
public:
    /// The schema must be there.
    explicit SqliteSummaries(sqlite::Database &database);

    /// Within each transaction that writes rows, before the first of them.
    void begin();
    /// A row that was just written; in the order of ids.
    void note(const CountedRow &row);
    /// What was noted may not have been committed.
    void forget() noexcept;
    /// Brings them forward, in one transaction: by all that was noted, or by at most `most` events that have to be
    /// read. Gives by how many events the last of them still trails behind.
    std::int64_t advance(std::int64_t most);

    /// Soon more would be noted than memory is given for, and the first of it would have to be read again.
    bool wants_advance() const noexcept;

private:
    struct Summary;
    static constexpr std::size_t number = 4;
    static const std::array<Summary, number> all;
    /// Of each summary.
    using AllCounts = std::array<KeyCounts, number>;
    using Places = std::array<std::int64_t, number>;

    std::size_t bytes_noted() const noexcept;
    Places ask_places();
    bool is_noted(const Places &after) const noexcept;
    void read_rows(AllCounts &counts, const Places &after, std::int64_t lowest, std::int64_t upto);
    void take_off_successes(AllCounts &counts, const Places &after, std::int64_t lowest, std::int64_t upto);
    void store(const AllCounts &counts);

    sqlite::Database &database_;
    sqlite::Statement ask_version_;
    std::int64_t version_ = -1;                     ///< of what other connections have written
    bool has_triggers_ = false;                     ///< what is stored may not be what was written
    std::int64_t noted_after_ = 0, noted_upto_ = 0; ///< ids
    std::int64_t advanced_upto_ = 0;                ///< by us
    AllCounts noted_;
    std::string key_;
};

} // namespace iptracking
