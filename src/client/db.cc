// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking db …`: what is the same for all drivers.
#include "client/db.h"

#include "base/error.h"
#include "event/timestamp.h"
#include "output/progress.h"
#include "output/terminal.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace iptracking {
namespace {

std::string purged_before(const DbPurge &verb, const Config &config) {
    if (!verb.before_usec && !config.retention)
        throw Error(
            "nothing says which events are old: give 'retention' in the configuration, --older-than or --before");
    const std::int64_t before = verb.before_usec ? *verb.before_usec : time_of_age(*config.retention);
    if (before > now_usec())
        throw Error(format_utc(before) + " is in the future: that would " +
                    (verb.fate == OldEvents::removed ? "remove" : "truncate the addresses of") + " all events");
    return format_utc(before);
}

} // namespace

std::unique_ptr<Administration> administer(const DriverConfig &driver) {
#if IPTRACKING_HAVE_SQLITE3
    if (const auto *sqlite = std::get_if<SqliteConfig>(&driver))
        return administer_sqlite(*sqlite);
#endif
#if IPTRACKING_HAVE_POSTGRESQL
    if (const auto *postgres = std::get_if<PostgresConfig>(&driver))
        return administer_postgres(*postgres);
#endif
    return administer_csvfile(std::get<CsvConfig>(driver)); // read_config() lets no others through
}

std::int64_t time_of_age(std::chrono::hours age) {
    return std::max<std::int64_t>(0, now_usec() - std::chrono::microseconds(age).count());
}

void Administration::print_sql() {
    throw Error("there is SQL for the driver postgresql only");
}

int run(const DbInit &verb, const Config &config) {
    const auto database = administer(config.driver);
    if (verb.sql)
        database->print_sql();
    else
        database->init();
    return EXIT_SUCCESS;
}

int run(const DbUpgrade &, const Config &config) {
    administer(config.driver)->upgrade();
    return EXIT_SUCCESS;
}

int run(const DbCheck &, const Config &config) {
    return administer(config.driver)->check() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run(const DbPurge &verb, const Config &config) {
    const std::string before = purged_before(verb, config);
    const auto database = administer(config.driver);
    const bool removes = verb.fate == OldEvents::removed;
    std::int64_t number = 0;
    if (verb.dry_run) {
        number = database->count(before, verb.fate);
    } else {
        Progress progress(removes ? "removing events" : "truncating addresses");
        const std::int64_t total = is_terminal(STDERR_FILENO) ? database->count(before, verb.fate) : 0;
        number = database->purge(before, verb.fate, [&](std::int64_t done) {
            progress.set(static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(total));
        });
    }
    std::printf("%lld events before %s %s %s\n", static_cast<long long>(number), before.c_str(),
                verb.dry_run ? "would be" : "were",
                removes ? "removed" : "truncated: of their addresses the nets are left");
    return EXIT_SUCCESS;
}

int run(const DbVacuum &, const Config &config) {
    administer(config.driver)->vacuum();
    return EXIT_SUCCESS;
}

} // namespace iptracking
