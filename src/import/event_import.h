// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/import_target.h"
#include "import/source_report.h"

#include <chrono>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace iptracking {

/// Takes the events of one source, leaves out what the database has, and stores the others.
class EventImport {
public:
    /// `dry_run`: nothing is stored.
    EventImport(ImportTarget &target, SourceReport &report, bool dry_run);

    void add(FoundEvent &&event);
    /// All events before this time have been added; may store some of them.
    void settle(std::int64_t until_usec);
    /// Another file of the source follows, which may tell some of it again.
    void begin_file();
    /// Nothing more comes.
    void finish();

private:
    void take(std::vector<FoundEvent> &&events);
    void take_cluster(std::span<FoundEvent> events);
    void look_for(std::span<FoundEvent> events, const std::vector<std::size_t> &places, std::vector<KnownRow> &rows,
                  std::vector<const KnownRow *> &row_of);
    void follow_session(FoundEvent &event) const;
    void remember_session(const FoundEvent &event, const KnownRow &row);
    void store(std::span<const FoundEvent *const> events);

    ImportTarget &target_;
    SourceReport &report_;
    bool dry_run_;
    std::int64_t last_id_before_ = 0;
    std::vector<FoundEvent> waiting_;
    std::chrono::steady_clock::duration busy_{};             ///< writing, since the database was left to others
    std::size_t looked_at_ = 0;                              ///< of waiting_, when settle() last came to nothing
    std::unordered_set<std::int64_t> taken_, taken_before_;  ///< rows, of this cluster and the one before
    std::unordered_map<std::uint64_t, FoundEvent> sessions_; ///< rows that opened those of the source
};

} // namespace iptracking
