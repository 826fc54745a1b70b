// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/conditions.h"

#include "event/stored_text.h"

namespace iptracking {
namespace {

/// Pieces of a condition, joined by a word.
class Joined {
public:
    explicit Joined(std::string_view word) : word_(word) {}
    void add(const std::string &condition) {
        text_ += text_.empty() ? "" : word_;
        text_ += condition;
    }
    bool empty() const noexcept { return text_.empty(); }
    const std::string &text() const noexcept { return text_; }

private:
    std::string_view word_;
    std::string text_;
};

/// Any of these, and none of those.  A column that is null is none of those.
template <class T, class Condition>
void add_wanted(Joined &all, const Wanted<T> &wanted, const Condition &condition_of) {
    Joined any(" OR "), none(" OR ");
    for (const T &value : wanted.any_of)
        any.add(condition_of(value));
    for (const T &value : wanted.none_of)
        none.add(condition_of(value));
    if (!any.empty())
        all.add("(" + any.text() + ")");
    if (!none.empty())
        all.add("(" + none.text() + ") IS NOT TRUE");
}

std::string is_text(const Dialect &dialect, Sql &sql, std::string_view column, const std::string &wanted) {
    if (wanted.find_first_of("*?") != wanted.npos)
        return dialect.is_like(sql, column, wanted);
    return std::string(column) + " = " + sql.value(wanted);
}

void add_times(Joined &all, const Selection &selection, const Dialect &dialect, Sql &sql) {
    if (selection.since_usec)
        all.add("l.log_date >= " + dialect.time_value(sql, *selection.since_usec));
    if (selection.until_usec)
        all.add("l.log_date < " + dialect.time_value(sql, *selection.until_usec));
}

/// Of several keys each stands between commas.
void add_keys(Joined &all, const Selection &selection, const Dialect &dialect, Sql &sql, std::string_view column) {
    add_wanted(all, selection.keys, [&](const std::string &key) {
        return dialect.holds(sql, "',' || " + std::string(column) + " || ','", "," + key + ",");
    });
}

} // namespace

std::string conditions_of(const Selection &selection, const Dialect &dialect, Sql &sql) {
    Joined all(" AND ");
    add_times(all, selection, dialect, sql);
    add_wanted(all, selection.users, [&](const std::string &user) {
        const std::string stored = user.empty() ? std::string(empty_user_text) : user;
        return selection.exact_users ? "l.uid = " + sql.value(stored) : is_text(dialect, sql, "l.uid", stored);
    });
    add_wanted(all, selection.from, [&](const Net &net) { return dialect.is_in(sql, "l.src_ipaddr", net); });
    add_wanted(all, selection.to, [&](const Net &net) { return dialect.is_in(sql, "l.dst_ipaddr", net); });
    add_wanted(all, selection.services,
               [&](const std::string &service) { return is_text(dialect, sql, "l.service", service); });
    add_wanted(all, selection.hosts, [&](const std::string &host) { return is_text(dialect, sql, "l.host", host); });
    add_wanted(all, selection.events, [&](const std::string &event) { return dialect.is_event("l.log_event", event); });
    add_wanted(all, selection.outcomes, [&](const std::string &outcome) {
        return outcome == "failure" ? "(" + dialect.failed() + ")" : "l.outcome = '" + outcome + "'";
    });
    add_keys(all, selection, dialect, sql, "l.auth_key");
    return all.empty() ? "1 = 1" : all.text();
}

std::string key_conditions_of(const Selection &selection, const Dialect &dialect, Sql &sql, std::string_view column) {
    Joined all(" AND ");
    add_keys(all, selection, dialect, sql, column);
    return all.empty() ? "1 = 1" : all.text();
}

std::string time_conditions_of(const Selection &selection, const Dialect &dialect, Sql &sql) {
    Joined all(" AND ");
    add_times(all, selection, dialect, sql);
    return all.empty() ? "1 = 1" : all.text();
}

} // namespace iptracking
