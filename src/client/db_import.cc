// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking db import`: what is read, in which order, and what is said of it.
#include "base/log.h"
#include "client/db.h"
#include "client/verbs.h"
#include "import/import_source.h"
#include "output/progress.h"

#include <charconv>
#include <cstdio>

namespace iptracking {
namespace {

/// What stands on the command line.
struct Wish {
    bool journal = false, dry_run = false;
    std::optional<std::string> directory, year, host;
    std::vector<std::string> auth_logs, wtmps, btmps, wtmpdbs, lines;
    std::vector<std::string> more; ///< files behind that of an option
};

using Sources = std::vector<std::unique_ptr<ImportSource>>;

std::optional<int> checked_year(const std::optional<std::string> &text) {
    if (!text)
        return std::nullopt;
    int year = 0;
    const char *const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, year);
    if (error != std::errc{} || stop != end || year < 1970 || year > 9998)
        throw UsageError("--year needs a year like 2025, not '" + printable(*text) + "'");
    return year;
}

/// A shell makes several words of /var/log/auth.log*: those behind the first belong to the only option with a file.
void place_more(Wish &wish) {
    if (wish.more.empty())
        return;
    std::vector<std::string> *place = nullptr;
    for (auto *const files : {&wish.auth_logs, &wish.wtmps, &wish.btmps, &wish.wtmpdbs, &wish.lines}) {
        if (files->empty())
            continue;
        if (place)
            throw UsageError("'" + printable(wish.more.front()) +
                             "' may belong to several options: write the option in front of each file");
        place = files;
    }
    if (!place)
        throw UsageError("say what '" + printable(wish.more.front()) +
                         "' is: --auth-log, --wtmp, --btmp, --wtmpdb or --lines");
    place->insert(place->end(), wish.more.begin(), wish.more.end());
}

/// Who knows most of an attempt comes first: what he has told is left out of the others.
Sources open_sources(const Wish &wish) {
    const std::optional<int> year = checked_year(wish.year);
    Sources sources;
    for (const std::string &path : wish.lines)
        sources.push_back(open_lines(path));
    if (wish.journal) {
        sources.push_back(open_refused(wish.directory));
        sources.push_back(open_journal(wish.directory));
    } else if (wish.directory) {
        throw UsageError("--directory is that of --journal");
    }
    if (!wish.auth_logs.empty())
        sources.push_back(open_auth_logs(wish.auth_logs, year));
#if IPTRACKING_HAVE_SQLITE3
    for (const std::string &path : wish.wtmpdbs)
        sources.push_back(open_wtmpdb(path, wish.host));
#else
    if (!wish.wtmpdbs.empty())
        throw Error("this build has no SQLite, which --wtmpdb needs");
#endif
    if (!wish.wtmps.empty())
        sources.push_back(open_wtmp(wish.wtmps, wish.host));
    if (!wish.btmps.empty())
        sources.push_back(open_btmp(wish.btmps, wish.host));
    if (sources.empty())
        throw UsageError("say what to import: --journal, --auth-log, --wtmp, --btmp, --wtmpdb or --lines");
    return sources;
}

void print_count(const char *what, std::uint64_t number, const char *indent = "    ") {
    if (number > 0)
        std::printf("%s%-26s %10llu\n", indent, what, static_cast<unsigned long long>(number));
}

void print(const SourceReport &report, bool dry_run) {
    std::printf("%s\n", printable(report.name, 500).c_str());
    std::printf("  %-28s %10llu\n", report.unit, static_cast<unsigned long long>(report.read));
    print_count("of others", report.of_others);
    print_count("without a result", report.without_result);
    print_count("not understood", report.not_understood);
    for (const std::string &sample : report.samples)
        std::printf("      %s\n", sample.c_str());
    if (report.not_understood > report.samples.size())
        std::printf("      … and %llu more\n",
                    static_cast<unsigned long long>(report.not_understood - report.samples.size()));
    std::printf("  %-28s %10llu\n", "events", static_cast<unsigned long long>(report.events()));
    print_count("attempts that failed", report.failures);
    print_count("attempts", report.attempts);
    print_count("successes", report.successes);
    print_count("sessions opened", report.opened);
    print_count("sessions closed", report.closed);
    print_count("others", report.others);
    std::printf("  %-28s %10llu\n", "already there", static_cast<unsigned long long>(report.known));
    std::printf("  %-28s %10llu\n", dry_run ? "to be imported" : "imported",
                static_cast<unsigned long long>(report.stored));
    for (const std::string &remark : report.remarks)
        std::printf("  note: %s\n", printable(remark, 500).c_str());
}

SourceReport import_from(ImportSource &source, ImportTarget &target, bool dry_run) {
    SourceReport report;
    report.name = source.name();
    Progress progress("importing");
    EventImport events(target, report, dry_run);
    source.read(events, report, [&](std::uint64_t done, std::uint64_t all) { progress.set(done, all, report.name); });
    events.finish();
    return report;
}

class Import final : public Verb {
    void declare(OptionList &options) override {
        options.flag("--journal", wish_.journal, "What sshd told the journal, and what callbacks could not deliver");
        options.value("--directory", "DIR", wish_.directory, "The journal is in this folder");
        options.values("--auth-log", "FILE", wish_.auth_logs, "A text file with lines of sshd; - is standard input");
        options.values("--wtmp", "FILE", wish_.wtmps, "Sessions that had a terminal");
        options.values("--btmp", "FILE", wish_.btmps, "Attempts that failed");
        options.values("--wtmpdb", "FILE", wish_.wtmpdbs, "The database of wtmpdb");
        options.values("--lines", "FILE", wish_.lines, "What 'db export -o lines' wrote; - is standard input");
        options.words("FILE", wish_.more, "More files of the same kind");
        options.value("--year", "YEAR", wish_.year, "That of the last line of each --auth-log without years");
        options.value("--host", "NAME", wish_.host, "The machine that wtmp, btmp and wtmpdb are of, if not this one");
        options.flag("--dry-run", wish_.dry_run, "Only say what would be imported");
    }

    int run(const Called &called) override {
        place_more(wish_);
        // Root's rights are needed for them, and are given up with the next line.
        const Sources sources = open_sources(wish_);
        const auto target = administer(called.read().driver)->import_target();
        std::uint64_t events = 0;
        for (const auto &source : sources) {
            const SourceReport report = import_from(*source, *target, wish_.dry_run);
            print(report, wish_.dry_run);
            events += report.events();
        }
        return events > 0 ? EXIT_SUCCESS : nothing_found;
    }

    Wish wish_;
};

} // namespace

std::unique_ptr<Verb> make_db_import() {
    return std::make_unique<Import>();
}

} // namespace iptracking
