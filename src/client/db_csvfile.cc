// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking db …` for CSV files, which need next to nothing.
#include "base/error.h"
#include "client/db.h"
#include "client/findings.h"
#include "store/examine.h"

#include <cstdio>

namespace iptracking {
namespace {

class CsvAdministration final : public Administration {
public:
    explicit CsvAdministration(const CsvConfig &config) : config_(config) {}

    void init() override {
        std::printf("csvfile %s: there is nothing to do, the daemon makes the file\n", config_.filename.c_str());
    }
    void upgrade() override { init(); }
    bool check() override {
        const Findings findings;
        findings.fact("target", "csvfile " + config_.filename);
        findings.fact("file", examine_database(config_).text);
        return findings.conclude();
    }
    std::int64_t count(const std::string &, OldEvents) override {
        throw Error("csvfile " + config_.filename +
                    ": events in a CSV file cannot be removed or changed; rotate it, logrotate(8)");
    }
    std::int64_t purge(const std::string &before, OldEvents fate, const Steps &) override {
        return count(before, fate);
    }
    void vacuum() override {
        std::printf("csvfile %s: there is nothing to do, no room in it is free\n", config_.filename.c_str());
    }

    std::unique_ptr<ImportTarget> import_target() override {
        throw Error("csvfile " + config_.filename +
                    ": events cannot be imported into a CSV file, since older ones would stand behind newer ones; "
                    "choose the driver sqlite3 or postgresql");
    }

private:
    CsvConfig config_;
};

} // namespace

std::unique_ptr<Administration> administer_csvfile(const CsvConfig &config) {
    return std::make_unique<CsvAdministration>(config);
}

} // namespace iptracking
