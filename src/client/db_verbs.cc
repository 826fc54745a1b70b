// SPDX-License-Identifier: GPL-2.0-or-later
// The options of `iptracking db …`.
#include "base/log.h"
#include "client/db.h"
#include "client/selection_options.h"
#include "client/verbs.h"
#include "event/timestamp.h"

namespace iptracking {
namespace {

std::int64_t parse_older_than(const std::string &text) {
    const auto age = parse_age(text);
    if (!age)
        throw UsageError("--older-than needs an age like 36h, 90d, 12w or 2y, not '" + printable(text) + "'");
    return time_of_age(*age);
}

class Init final : public Verb {
    void declare(OptionList &options) override {
        options.flag("--sql", verb_.sql, "Print the SQL that does it in an empty PostgreSQL database, for psql");
    }
    int run(const Called &called) override { return iptracking::run(verb_, called.read()); }
    DbInit verb_;
};

class Upgrade final : public Verb {
    void declare(OptionList &) override {}
    int run(const Called &called) override { return iptracking::run(DbUpgrade{}, called.read()); }
};

class Check final : public Verb {
    void declare(OptionList &) override {}
    int run(const Called &called) override { return iptracking::run(DbCheck{}, called.read()); }
};

class Purge final : public Verb {
    void declare(OptionList &options) override {
        options.value("--before", "TIME", before_, "Those before it");
        options.value("--older-than", "AGE", older_than_, "Those of this age: 36h, 90d, 12w, 2y");
        options.flag("--truncate-addresses", truncate_, "Keep them, with the nets of their addresses (/24, /48) only");
        options.flag("--dry-run", verb_.dry_run, "Only say how many there are");
    }
    int run(const Called &called) override {
        if (before_ && older_than_)
            throw UsageError("--before and --older-than say the same: give one of them");
        verb_.fate = truncate_ ? OldEvents::truncated : OldEvents::removed;
        if (before_)
            verb_.before_usec = parse_time_option("--before", *before_);
        if (older_than_)
            verb_.before_usec = parse_older_than(*older_than_);
        return iptracking::run(verb_, called.read());
    }
    DbPurge verb_;
    std::optional<std::string> before_, older_than_;
    bool truncate_ = false;
};

class Vacuum final : public Verb {
    void declare(OptionList &) override {}
    int run(const Called &called) override { return iptracking::run(DbVacuum{}, called.read()); }
};

} // namespace

std::unique_ptr<Verb> make_db_init() {
    return std::make_unique<Init>();
}

std::unique_ptr<Verb> make_db_upgrade() {
    return std::make_unique<Upgrade>();
}

std::unique_ptr<Verb> make_db_check() {
    return std::make_unique<Check>();
}

std::unique_ptr<Verb> make_db_purge() {
    return std::make_unique<Purge>();
}

std::unique_ptr<Verb> make_db_vacuum() {
    return std::make_unique<Vacuum>();
}

} // namespace iptracking
