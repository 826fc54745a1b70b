// SPDX-License-Identifier: GPL-2.0-or-later
#include "db/postgres.h"
#include "event/timestamp.h"
#include "import/import_target.h"
#include "import/row_columns.h"
#include "store/postgres_arrays.h"
#include "store/postgres_schema.h"

#include <algorithm>

namespace iptracking {
namespace {

using namespace row_column;
using postgres::Parameter;

constexpr char columns[] =
    "id, (extract(epoch FROM log_date) * 1000000)::bigint, log_event, outcome, host(src_ipaddr), "
    "src_port, host(dst_ipaddr), dst_port, sshd_pid, flags, origin, uid, service, tty, ruser, "
    "rhost, host";

constexpr EventKind kinds[] = {EventKind::auth, EventKind::open_session, EventKind::close_session};
constexpr Outcome outcomes[] = {Outcome::attempt, Outcome::success, Outcome::failure};

/// Of one row.
class Values {
public:
    Values(const postgres::Result &result, int row) : result_(result), row_(row) {}

    std::string text(int column) const { return result_.value(row_, column).value_or(""); }
    std::optional<std::string> maybe(int column) const { return result_.value(row_, column); }
    template <class Number> Number number(int column) const {
        const std::string digits = text(column);
        return digits.empty() ? Number{} : static_cast<Number>(std::stoll(digits));
    }
    IpAddress address(int column) const { return IpAddress::parse(text(column)).value_or(IpAddress{}); }

private:
    const postgres::Result &result_;
    int row_;
};

KnownRow row_of(const Values &values) {
    KnownRow row;
    row.id = values.number<std::int64_t>(id);
    row.time_usec = values.number<std::int64_t>(log_date);
    for (const EventKind known : kinds)
        if (values.text(log_event) == name_of(known))
            row.kind = known;
    for (const Outcome known : outcomes)
        if (values.text(outcome) == name_of(known))
            row.outcome = known;
    row.source = values.address(src_ipaddr);
    row.source_port = values.number<std::uint16_t>(src_port);
    row.destination = values.address(dst_ipaddr);
    row.destination_port = values.number<std::uint16_t>(dst_port);
    row.pid = values.number<std::int32_t>(sshd_pid);
    row.flags = values.number<std::uint16_t>(flags);
    row.origin = origin_of(values.text(origin)).value_or(Origin::live);
    for (std::size_t i = 0; i < plain_texts; ++i)
        row.texts[i] = values.maybe(texts + static_cast<int>(i));
    return row;
}

class PostgresTarget final : public ImportTarget {
public:
    PostgresTarget(postgres::Connection &&connection, const std::string &schema, std::string target)
        : connection_(std::move(connection)), schema_(quoted_postgres_name(schema) + "."), target_(std::move(target)) {}

    std::int64_t last_id() override {
        const auto answer = query("SELECT max(id) FROM " + schema_ + "inet_log", {});
        return Values(answer, 0).number<std::int64_t>(0);
    }

    std::vector<KnownRow> rows(std::int64_t from_usec, std::int64_t to_usec) override {
        const auto answer = query("SELECT " + std::string(columns) + " FROM " + schema_ +
                                      "inet_log WHERE log_date BETWEEN $1::timestamptz AND $2::timestamptz ORDER BY id",
                                  {Parameter::text(format_utc(std::max<std::int64_t>(from_usec, 0))),
                                   Parameter::text(format_utc(std::min(to_usec, latest_time_usec)))});
        std::vector<KnownRow> found;
        found.reserve(static_cast<std::size_t>(answer.rows()));
        for (int i = 0; i < answer.rows(); ++i)
            found.push_back(row_of(Values(answer, i)));
        return found;
    }

    std::uint64_t store(const Batch &batch, Origin from) override {
        std::vector<Parameter> parameters;
        append_events(parameters, batch, EventColumns::all);
        const char *function = "log_events";
        if (from != Origin::live) {
            function = "import_events";
            parameters.insert(parameters.begin() + number_of(EventColumns::of_version_1),
                              Parameter::text(std::string(name_of(from))));
        }
        const std::string call = schema_ + function + parameter_list(1, parameters.size());
        const auto answer = query("SELECT " + call, parameters);
        return Values(answer, 0).number<std::uint64_t>(0);
    }

private:
    /// Failures say of which database, and what to do about missing rights.
    postgres::Result query(const std::string &sql, const std::vector<Parameter> &parameters) {
        try {
            return connection_.query(sql, parameters);
        } catch (const postgres::PostgresError &error) {
            const bool rights_are_missing = error.sqlstate() == "42501";
            throw Error(
                target_ + ": " + error.what() +
                (rights_are_missing ? "; 'admin' of the configuration names a role that may, iptracking(1)" : ""));
        }
    }

    postgres::Connection connection_;
    std::string schema_, target_;
};

} // namespace

std::unique_ptr<ImportTarget> import_into_postgres(postgres::Connection &&connection, const std::string &schema,
                                                   const std::string &target) {
    return std::make_unique<PostgresTarget>(std::move(connection), schema, target);
}

} // namespace iptracking
