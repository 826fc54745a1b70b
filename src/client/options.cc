// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/options.h"

#include "base/log.h"
#include "event/timestamp.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace iptracking {
namespace {

constexpr std::size_t longest_name = 63; // of PostgreSQL

std::int64_t parse_before(const std::string &text) {
    const auto time = parse_local(text.size() == 10 ? text + " 00:00:00" : text);
    if (!time)
        throw UsageError("--before needs a time like '2026-11-21' or '2026-11-21 13:05:07', not '" + printable(text) +
                         "'");
    return *time;
}

std::int64_t parse_older_than(const std::string &text) {
    const auto age = parse_age(text);
    if (!age)
        throw UsageError("--older-than needs an age like 36h, 90d, 12w or 2y, not '" + printable(text) + "'");
    return time_of_age(*age);
}

/// What stands on the command line, as it stands there.
struct Words {
    std::string config, schema, before, older_than;
    bool sql = false, dry_run = false, truncate_addresses = false;
};

class Parser {
public:
    Parser() {
        app_.name("iptracking")->require_subcommand(1);
        app_.set_version_flag("-V,--version", "iptracking " IPTRACKING_VERSION, "Print the version and exit");
        app_.set_help_flag("-h,--help", "Print this and exit");
        config_ =
            add(app_, "-c,--config", words_.config, "FILE", "The configuration (default " + ConfigChoice{}.file + ")");
        schema_ = add(app_, "--schema", words_.schema, "NAME", "PostgreSQL schema, beats the one of the configuration");

        CLI::App &db = *app_.add_subcommand("db", "Keeps the database that the configuration names");
        db.require_subcommand(1)->fallthrough();
        init_ = add(db, "init", "Makes the tables and views of a database, or upgrades them");
        init_->add_flag("--sql", words_.sql, "Print the SQL that does it in an empty PostgreSQL database, for psql");
        upgrade_ = add(db, "upgrade", "Upgrades the tables and views of a database");
        check_ = add(db, "check", "Says in what state the database is, and what is wrong");
        purge_ = add(db, "purge", "Removes old events; how old, 'retention' of the configuration says");
        before_ = add(*purge_, "--before", words_.before, "TIME", "Those before it, in local time");
        older_than_ = add(*purge_, "--older-than", words_.older_than, "AGE", "Those of this age: 36h, 90d, 12w, 2y")
                          ->excludes(before_);
        purge_->add_flag("--truncate-addresses", words_.truncate_addresses,
                         "Keep them, with the nets of their addresses (/24, /48) only");
        purge_->add_flag("--dry-run", words_.dry_run, "Only say how many there are");
        vacuum_ = add(db, "vacuum", "Gives back the room that removed events leave");
    }

    Options parse(int argc, char **argv) {
        app_.parse(argc, argv);
        Options options;
        if (config_->count() > 0)
            options.config = {.file = words_.config, .file_given = true};
        if (schema_->count() > 0)
            options.config.schema = checked_schema();
        options.verb = verb();
        return options;
    }

    std::string help() const { return app_.help(); }

private:
    static CLI::Option *add(CLI::App &app, const char *names, std::string &value, const char *what,
                            const std::string &help) {
        return app.add_option(names, value, help)->type_name(what)->take_last();
    }

    static CLI::App *add(CLI::App &parent, const char *name, const char *help) {
        CLI::App *const app = parent.add_subcommand(name, help);
        app->fallthrough(); // -c and --schema may stand behind it
        return app;
    }

    std::string checked_schema() const {
        if (words_.schema.empty() || words_.schema.size() > longest_name)
            throw UsageError("--schema needs a name of 1 to 63 bytes");
        return words_.schema;
    }

    decltype(Options::verb) verb() const {
        if (init_->parsed())
            return DbInit{.sql = words_.sql};
        if (upgrade_->parsed())
            return DbUpgrade{};
        if (check_->parsed())
            return DbCheck{};
        if (vacuum_->parsed())
            return DbVacuum{};
        DbPurge purge{.fate = words_.truncate_addresses ? OldEvents::truncated : OldEvents::removed,
                      .dry_run = words_.dry_run};
        if (before_->count() > 0)
            purge.before_usec = parse_before(words_.before);
        if (older_than_->count() > 0)
            purge.before_usec = parse_older_than(words_.older_than);
        return purge;
    }

    CLI::App app_{"Keeps the database of the login events that iptracking-daemon stores."};
    Words words_;
    CLI::Option *config_, *schema_, *before_, *older_than_;
    CLI::App *init_, *upgrade_, *check_, *purge_, *vacuum_;
};

} // namespace

std::optional<Options> parse_options(int argc, char **argv) {
    Parser parser;
    try {
        return parser.parse(argc, argv);
    } catch (const CLI::CallForHelp &) {
        std::fputs(parser.help().c_str(), stdout);
    } catch (const CLI::CallForVersion &version) {
        std::puts(version.what());
    } catch (const CLI::ParseError &error) {
        throw UsageError(printable(error.what(), 500) + "; try 'iptracking --help'");
    }
    return std::nullopt;
}

} // namespace iptracking
