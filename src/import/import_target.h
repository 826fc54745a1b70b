// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/known_row.h"
#include "pool/batch.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace iptracking {

/// The database that is imported into.
class ImportTarget {
public:
    virtual ~ImportTarget() = default;

    /// The highest id so far; 0: there is no row.
    virtual std::int64_t last_id() = 0;
    /// The rows of a span of time, in the order of their ids.
    virtual std::vector<KnownRow> rows(std::int64_t from_usec, std::int64_t to_usec) = 0;
    /// Stores the events in one transaction; gives how many: the database may be told to leave some out.
    virtual std::uint64_t store(const Batch &batch, Origin origin) = 0;
};

namespace sqlite {
class Database;
}
std::unique_ptr<ImportTarget> import_into_sqlite(sqlite::Database &&database);

namespace postgres {
class Connection;
}
/// `target`: for messages.
std::unique_ptr<ImportTarget> import_into_postgres(postgres::Connection &&connection, const std::string &schema,
                                                   const std::string &target);

} // namespace iptracking
