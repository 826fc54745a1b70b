// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "import/event_import.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iptracking {

/// How far a source is read: so much of so much; 0: nobody knows how much there is.
using OnProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;

/// Something that events can be read from.  It is opened when it is made, since only root may open some of them.
class ImportSource {
public:
    virtual ~ImportSource() = default;

    /// For people.
    virtual std::string name() const = 0;
    virtual void read(EventImport &events, SourceReport &report, const OnProgress &progress) = 0;
};

/// Text files with sshd's lines, in the order of their age.  `last_year`: of the last stamp without a year in each.
std::unique_ptr<ImportSource> open_auth_logs(const std::vector<std::string> &paths, std::optional<int> last_year);

/// `directory`: of the journal's files; else those of this machine.
std::unique_ptr<ImportSource> open_journal(const std::optional<std::string> &directory);
/// What callbacks could not deliver, and left in the journal.
std::unique_ptr<ImportSource> open_refused(const std::optional<std::string> &directory);

// Those do not say of which machine they are: `host`; none: of this one.

/// Older files first.
std::unique_ptr<ImportSource> open_wtmp(const std::vector<std::string> &paths, const std::optional<std::string> &host);
std::unique_ptr<ImportSource> open_btmp(const std::vector<std::string> &paths, const std::optional<std::string> &host);
std::unique_ptr<ImportSource> open_wtmpdb(const std::string &path, const std::optional<std::string> &host);

/// What `db export` wrote.
std::unique_ptr<ImportSource> open_lines(const std::string &path);

} // namespace iptracking
