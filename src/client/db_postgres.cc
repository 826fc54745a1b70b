// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking db …` for PostgreSQL.
#include "client/db.h"
#include "client/postgres_admin.h"
#include "client/postgres_upkeep.h"
#include "store/postgres_schema.h"
#include "store/postgres_target.h"

#include <cstdio>

namespace iptracking {
namespace {

using postgres::Parameter;
using postgres::PostgresError;

constexpr int first_with_purge = 2, first_with_truncation = 3; // versions of the schema

std::string new_daemon_role(const std::string &role) {
    return "CREATE ROLE " + quoted_postgres_name(role) + " LOGIN IN ROLE iptracking_writer;";
}

class PostgresAdministration final : public Administration {
public:
    explicit PostgresAdministration(const PostgresConfig &config) : config_(config), target_("") {
        const auto user = config.keywords.find("user");
        daemon_role_ = user == config.keywords.end() ? "iptracking" : user->second; // that of the unit
        for (const auto &[keyword, value] : config.admin)
            config_.keywords[keyword] = value;
        config_.keywords.emplace("fallback_application_name", "iptracking");
        target_ = describe_postgres_target(config_);
    }

    void print_sql() override {
        std::fputs(postgres_schema_script(config_.schema).c_str(), stdout);
        std::fprintf(stderr, "The role of the daemon, unless it is there:\n%s\n",
                     new_daemon_role(daemon_role_).c_str());
    }

    void init() override { prepare(WhereNoneIs::make_one); }
    void upgrade() override { prepare(WhereNoneIs::fail); }

    bool check() override {
        Findings findings;
        findings.fact("target", target_);
        named([&] {
            PostgresAdmin admin = connect();
            check_postgres(admin, findings);
            return 0;
        });
        return findings.conclude();
    }

    std::int64_t count(const std::string &before, OldEvents fate) override {
        return named([&] {
            PostgresAdmin admin = connect_to_purge(fate);
            return count_postgres(admin, before, fate);
        });
    }

    std::int64_t purge(const std::string &before, OldEvents fate, const Steps &progress) override {
        return named([&] {
            PostgresAdmin admin = connect_to_purge(fate);
            return fate == OldEvents::removed ? purge_postgres(admin, before, progress)
                                              : truncate_postgres(admin, before, progress);
        });
    }

    void vacuum() override {
        named([&] {
            PostgresAdmin admin = connect_to_purge(OldEvents::removed);
            vacuum_postgres(admin);
            return 0;
        });
    }

    std::unique_ptr<ImportTarget> import_target() override {
        return named([&] {
            PostgresAdmin admin = connect();
            check_postgres_schema(look_at_postgres_schema(admin.connection, admin.schema), admin.schema);
            return import_into_postgres(std::move(admin.connection), admin.schema, target_);
        });
    }

private:
    /// Failures say of which database, and what to do about missing rights.
    template <typename Work> auto named(const Work &work) -> decltype(work()) {
        try {
            return work();
        } catch (const PostgresError &error) {
            const bool rights_are_missing = error.sqlstate() == "42501";
            throw Error(
                target_ + ": " + error.what() +
                (rights_are_missing ? "; 'admin' of the configuration names a role that may, iptracking(1)" : ""));
        } catch (const Error &error) {
            throw Error(target_ + ": " + error.what());
        }
    }

    postgres::Connection open() const {
        try {
            return postgres::Connection::open(postgres_keywords_to_connect(config_));
        } catch (const PostgresError &error) {
            throw Error(error.what() +
                        std::string(config_.admin.empty() ? " (as the daemon: the configuration has no 'admin')" : ""));
        }
    }

    PostgresAdmin connect() {
        auto connection = open();
        std::string schema = postgres_schema_name(connection, config_);
        return {config_, target_, daemon_role_, std::move(connection), std::move(schema)};
    }

    PostgresAdmin connect_to_purge(OldEvents fate) {
        PostgresAdmin admin = connect();
        const PostgresSchema schema = look_at_postgres_schema(admin.connection, admin.schema);
        if (schema.version < (fate == OldEvents::removed ? first_with_purge : first_with_truncation))
            check_postgres_schema(schema, admin.schema);
        return admin;
    }

    void prepare(WhereNoneIs where_none_is) {
        named([&] {
            PostgresAdmin admin = connect();
            check_postgres_server(admin.connection);
            const int before = prepare_postgres_schema(admin.connection, admin.schema, where_none_is);
            std::printf("%s: schema version %d is in place (was %s)\n", target_.c_str(), postgres_schema_version,
                        before == 0 ? "none" : std::to_string(before).c_str());
            if (const std::string grant = missing_grant(admin.connection, daemon_role_); !grant.empty())
                std::printf("The daemon may not store events yet. Let it, in psql:\n%s\n", grant.c_str());
            return 0;
        });
    }

    PostgresConfig config_;
    std::string daemon_role_, target_;
};

} // namespace

std::string missing_grant(postgres::Connection &connection, const std::string &role) {
    const auto answer = connection.query("SELECT rolcanlogin, pg_catalog.pg_has_role(oid, 'iptracking_writer', "
                                         "'USAGE') FROM pg_roles WHERE rolname = $1",
                                         {Parameter::text(role)});
    if (answer.rows() == 0)
        return new_daemon_role(role);
    if (answer.value(0, 1) != "t")
        return "GRANT iptracking_writer TO " + quoted_postgres_name(role) + ";";
    if (answer.value(0, 0) != "t")
        return "ALTER ROLE " + quoted_postgres_name(role) + " LOGIN;";
    return "";
}

std::unique_ptr<Administration> administer_postgres(const PostgresConfig &config) {
    return std::make_unique<PostgresAdministration>(config);
}

} // namespace iptracking
