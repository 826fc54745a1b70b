// SPDX-License-Identifier: GPL-2.0-or-later
// All about one user, or one address.
#include "event/stored_text.h"
#include "query/conditions.h"
#include "query/count_columns.h"
#include "query/counts.h"
#include "query/questions.h"

#include <algorithm>
#include <array>

namespace iptracking {
namespace {

constexpr Column columns_of_user[] = {
    {"user", "USER", Kind::text},
    column::first,
    column::last,
    column::events,
    column::attempts,
    column::failures,
    column::successes,
    column::sessions,
    column::success_ratio,
    {"mean_interval", "MEAN INTERVAL", Kind::duration},
    {"addresses", "ADDRESSES", Kind::list},
    {"nets", "NETS", Kind::list},
    {"others", "OTHERS", Kind::list},
};
constexpr Column columns_of_address[] = {
    {"address", "ADDRESS", Kind::address},
    {"net", "NET", Kind::address},
    column::first,
    column::last,
    column::events,
    column::attempts,
    column::failures,
    column::successes,
    column::sessions,
    column::success_ratio,
    {"mean_interval", "MEAN INTERVAL", Kind::duration},
    {"users", "USERS", Kind::list},
    {"tried", "TRIED", Kind::list},
};
constexpr int net_prefix = 24, net_prefix6 = 64;
constexpr std::int64_t most_listed = 100;

using List = std::vector<std::string>;

/// Few rows of a summary, if it is asked without sums: then SQLite joins the question with the view.
Sums sums_of_all(AskedDatabase &database, CountedBy by, const Selection &selection) {
    const Dialect &dialect = database.dialect();
    by.key = "1";
    Sql question;
    const Counted counted = counted_by(dialect, question, by, selection);
    question << counted.with << "SELECT n, f, s, o, " << dialect.time("a") << ", " << dialect.time("z") << " FROM "
             << counted.from;
    Sums sums;
    database.ask(question, Sums::kinds, [&](const Row &row) {
        sums.add(Sums(row, 0));
        return true;
    });
    return sums;
}

/// Between one event and the next one.
Cell mean_interval(const Sums &sums) {
    const auto *first = std::get_if<std::int64_t>(&sums.first), *last = std::get_if<std::int64_t>(&sums.last);
    return first && last && sums.events > 1 ? Cell{(*last - *first) / (sums.events - 1)} : Cell{};
}

void append(Row &row, const Sums &sums) {
    row.insert(row.end(), {sums.first, sums.last, sums.events, sums.attempts(), sums.failures, sums.successes,
                           sums.sessions, sums.success_ratio(), mean_interval(sums)});
}

List ask_list(AskedDatabase &database, const Sql &question) {
    constexpr std::array kinds{Kind::text};
    List list;
    database.ask(question, kinds, [&](const Row &row) {
        const auto *text = std::get_if<std::string>(&row[0]);
        list.push_back(text && *text != empty_user_text ? *text : "");
        return true;
    });
    return list;
}

/// Who got in from where, as a piece of SQL with the alias `l`: uid, src_ipaddr, end_date.
std::string successes_of(const Dialect &dialect, Sql &sql, Selection selection) {
    selection.users = {};
    const bool whole = !selection.since_usec && !selection.until_usec && selection.is_whole();
    if (whole)
        return "user_addresses AS l";
    return "(SELECT l.uid, l.src_ipaddr, max(l.log_date) AS end_date FROM inet_log AS l WHERE l.outcome = 'success' "
           "AND l.uid IS NOT NULL AND l.src_ipaddr IS NOT NULL AND " +
           conditions_of(selection, dialect, sql) + " GROUP BY l.uid, l.src_ipaddr) AS l";
}

List addresses_of_user(AskedDatabase &database, const Selection &selection, const Selection &user) {
    const Dialect &dialect = database.dialect();
    Sql sql;
    const std::string successes = successes_of(dialect, sql, selection);
    sql << "SELECT " << dialect.address("l.src_ipaddr") << " FROM " << successes << " WHERE "
        << conditions_of(user, dialect, sql) << " GROUP BY l.src_ipaddr ORDER BY max(l.end_date) DESC, l.src_ipaddr";
    return ask_list(database, sql);
}

List others_of_user(AskedDatabase &database, const Selection &selection, const Selection &user) {
    const Dialect &dialect = database.dialect();
    Selection not_the_user;
    not_the_user.users.none_of = user.users.any_of;
    not_the_user.exact_users = true;
    Sql sql;
    const std::string theirs = successes_of(dialect, sql, selection), his = successes_of(dialect, sql, selection);
    sql << "SELECT l.uid FROM " << theirs << " WHERE " << conditions_of(not_the_user, dialect, sql)
        << " AND l.src_ipaddr IN (SELECT l.src_ipaddr FROM " << his << " WHERE " << conditions_of(user, dialect, sql)
        << ") GROUP BY l.uid ORDER BY " << dialect.in_order("l.uid");
    return ask_list(database, sql);
}

List nets_of(const List &addresses) {
    List nets;
    for (const std::string &text : addresses)
        if (const auto known = Net::parse(text)) { // a net itself, where the rest was to be forgotten
            const Net around = Net::around(known->address, net_prefix, net_prefix6);
            std::string net = (around.bits < known->bits ? around : *known).to_string();
            if (std::find(nets.begin(), nets.end(), net) == nets.end())
                nets.push_back(std::move(net));
        }
    return nets;
}

List users_of_address(AskedDatabase &database, const Selection &selection, const Selection &address) {
    const Dialect &dialect = database.dialect();
    Sql sql;
    const std::string successes = successes_of(dialect, sql, selection);
    sql << "SELECT l.uid FROM " << successes << " WHERE " << conditions_of(address, dialect, sql)
        << " GROUP BY l.uid ORDER BY max(l.end_date) DESC, " << dialect.in_order("l.uid");
    return ask_list(database, sql);
}

/// Who tried from the address in the selection, and never succeeded.
List tried_from(AskedDatabase &database, const Selection &selection) {
    const Dialect &dialect = database.dialect();
    Sql sql;
    const Counted counted = counted_by(dialect, sql, {.key = "l.uid"}, selection);
    sql << counted.with << "SELECT k FROM " << counted.from
        << " WHERE k IS NOT NULL GROUP BY k HAVING sum(f) > 0 AND sum(s) = 0 ORDER BY sum(f) DESC, "
        << dialect.in_order("k") << " LIMIT " << sql.value(most_listed);
    return ask_list(database, sql);
}

} // namespace

std::span<const Column> user_columns() {
    return columns_of_user;
}

std::span<const Column> address_columns() {
    return columns_of_address;
}

void ask_user(AskedDatabase &database, const Selection &wanted, const std::string &name, const RowSink &sink) {
    Selection selection = without_needless_times(database, wanted);
    selection.users = {.any_of = {name}};
    selection.exact_users = true;
    const Selection user{.users = selection.users, .exact_users = true};
    const Sums sums = sums_of_all(database, by_user(), selection);
    if (sums.events == 0)
        return;
    const List addresses = addresses_of_user(database, selection, user);
    Row row{name};
    append(row, sums);
    row.insert(row.end(), {addresses, nets_of(addresses), others_of_user(database, selection, user)});
    sink(row);
}

void ask_address(AskedDatabase &database, const Selection &wanted, const IpAddress &address, const RowSink &sink) {
    Selection selection = without_needless_times(database, wanted);
    const Selection others = selection;
    selection.from = {.any_of = {Net{address, 128}}};
    const Selection from{.from = selection.from};
    const Sums sums = sums_of_all(database, by_address("1"), selection);
    if (sums.events == 0)
        return;
    Row row{address.to_string(), Net::around(address, net_prefix, net_prefix6).to_string()};
    append(row, sums);
    row.insert(row.end(), {users_of_address(database, others, from),
                           tried_from(database, narrowed_to(database, selection, std::get<std::int64_t>(sums.first),
                                                            std::get<std::int64_t>(sums.last)))});
    sink(row);
}

} // namespace iptracking
