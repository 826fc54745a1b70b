// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/postgres_asked.h"

#include "query/postgres_dialect.h"
#include "store/postgres_schema.h"
#include "store/postgres_target.h"

#include <charconv>

namespace iptracking {
namespace {

using postgres::Parameter;
using postgres::PostgresError;
using postgres::Result;

/// With the keywords of `client` over the others.
PostgresConfig as_client(PostgresConfig config) {
    for (const auto &[keyword, value] : config.client)
        config.keywords[keyword] = value;
    config.keywords.emplace("fallback_application_name", "iptracking");
    return config;
}

template <class Number> Cell number_of(const std::string &text) {
    Number number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    return end.ec == std::errc{} && end.ptr == text.data() + text.size() ? Cell{number} : Cell{};
}

/// One column of the row.
Cell cell_of(const Result &result, int column, Kind kind) {
    auto text = result.value(0, column);
    if (!text)
        return {};
    switch (kind) {
    case Kind::number:
    case Kind::bytes:
    case Kind::duration:
    case Kind::time:
        return number_of<std::int64_t>(*text);
    case Kind::real:
    case Kind::ratio:
        return number_of<double>(*text);
    case Kind::boolean:
        return *text == "t";
    default:
        return std::move(*text);
    }
}

class PostgresAsked final : public AskedDatabase {
public:
    explicit PostgresAsked(const PostgresConfig &config)
        : config_(as_client(config)), target_(describe_postgres_target(config_)) {
        named([&] {
            connection_.emplace(postgres::Connection::open(postgres_keywords_to_connect(config_)));
            check_postgres_server(*connection_);
            const std::string schema = postgres_schema_name(*connection_, config_);
            check_postgres_schema(look_at_postgres_schema(*connection_, schema), schema);
            // Of the transaction, since a pooler may give the session to others after it.  To compile a question takes
            // longer than to answer it.
            begin_ = "BEGIN TRANSACTION READ ONLY; SET LOCAL search_path TO " + quoted_postgres_name(schema) +
                     ", pg_temp; SET LOCAL jit TO off; SET LOCAL work_mem TO '64MB'; SET LOCAL timezone TO 'UTC'";
        });
    }

    const Dialect &dialect() const noexcept override { return postgres_dialect(); }
    const std::string &target() const noexcept override { return target_; }
    bool has_news() override { return true; } // only a question can tell

    void ask(const Sql &question, std::span<const Kind> kinds, const RowSink &sink) override {
        std::vector<Parameter> parameters;
        for (const Sql::Value &value : question.values()) {
            const auto *number = std::get_if<std::int64_t>(&value);
            parameters.push_back(Parameter::text(number ? std::to_string(*number) : std::get<std::string>(value)));
        }
        Row row(kinds.size());
        named([&] {
            connection_->execute(begin_);
            try {
                connection_->query_rows(question.text(), parameters, [&](const Result &result) {
                    for (std::size_t i = 0; i < kinds.size(); ++i)
                        row[i] = cell_of(result, static_cast<int>(i), kinds[i]);
                    return sink(row);
                });
            } catch (...) {
                if (connection_->is_good())
                    connection_->execute("ROLLBACK");
                throw;
            }
            connection_->execute("COMMIT");
        });
    }

private:
    /// Failures of the server say of which database, and what to do about missing rights.
    template <class Work> void named(const Work &work) const {
        try {
            work();
        } catch (const PostgresError &error) {
            const auto user = config_.keywords.find("user");
            const std::string role = user == config_.keywords.end() ? "NAME" : quoted_postgres_name(user->second);
            throw Error(target_ + ": " + error.what() +
                        (error.sqlstate() == "42501"
                             ? "; who owns the database lets you: GRANT iptracking_reader TO " + role
                             : ""));
        }
    }

    PostgresConfig config_;
    std::string target_, begin_;
    std::optional<postgres::Connection> connection_;
};

} // namespace

std::unique_ptr<AskedDatabase> open_asked_postgres(const PostgresConfig &config) {
    return std::make_unique<PostgresAsked>(config);
}

} // namespace iptracking
