// SPDX-License-Identifier: GPL-2.0-or-later
// Keys, and who got in with them from where.
#include "event/stored_text.h"
#include "query/conditions.h"
#include "query/count_columns.h"
#include "query/questions.h"

#include <algorithm>
#include <array>
#include <set>

namespace iptracking {
namespace {

constexpr Column columns[] = {
    {"key", "KEY", Kind::text},
    {"sessions", "SESSIONS", Kind::number},
    {"users", "USERS", Kind::list},
    {"addresses", "ADDRESSES", Kind::list},
    {"cert_ids", "CERTIFICATES", Kind::list, Need::lesser},
    {"cert_cas", "CAS", Kind::list, Need::detail},
    column::first,
    column::last,
};
constexpr std::size_t most_listed = 100;

using Texts = std::vector<std::string>;

void add(Texts &texts, const Cell &cell) {
    const auto *text = std::get_if<std::string>(&cell);
    if (!text || texts.size() == most_listed)
        return;
    const std::string shown = *text == empty_user_text ? "" : *text;
    if (std::find(texts.begin(), texts.end(), shown) == texts.end())
        texts.push_back(shown);
}

struct Key {
    std::string name;
    std::int64_t sessions = 0, first = 0, last = 0;
    std::array<Texts, 4> lists; ///< users, addresses, certificates, CAs

    /// As the database gives it: name, the lists' items, sessions, first, last.
    void add_row(const Row &row) {
        for (std::size_t i = 0; i < lists.size(); ++i)
            add(lists[i], row[1 + i]);
        const auto number = [&](std::size_t at) { return std::get<std::int64_t>(row[at]); };
        first = sessions == 0 ? number(6) : std::min(first, number(6));
        last = std::max(last, number(7));
        sessions += number(5);
    }
    Row row() const { return {name, sessions, lists[0], lists[1], lists[2], lists[3], first, last}; }
};

} // namespace

std::span<const Column> keys_columns() {
    return columns;
}

void ask_keys(AskedDatabase &database, const Selection &selection, std::optional<std::int64_t> limit,
              const RowSink &sink) {
    const Dialect &dialect = database.dialect();
    Selection of_events = selection;
    of_events.keys = {}; // of several keys of a session each has a row
    const std::string uid = dialect.in_order("l.uid"), address = dialect.address("l.src_ipaddr");
    Sql sql;
    sql << "SELECT k.auth_key, l.uid, " << address << ", l.cert_id, l.cert_ca, count(*), "
        << dialect.time("min(l.log_date)") << ", " << dialect.time("max(l.log_date)") << " FROM "
        << dialect.session_keys(selection) << " WHERE l.auth_key IS NOT NULL AND "
        << dialect.is_event("l.log_event", "open_session") << " AND " << conditions_of(of_events, dialect, sql)
        << " AND " << key_conditions_of(selection, dialect, sql, "k.auth_key")
        << " GROUP BY k.auth_key, l.uid, l.src_ipaddr, l.cert_id, l.cert_ca ORDER BY " << dialect.in_order("k.auth_key")
        << ", max(l.log_date) DESC, " << uid << ", " << dialect.in_order(address);
    constexpr std::array kinds{Kind::text, Kind::text,   Kind::address, Kind::text,
                               Kind::text, Kind::number, Kind::time,    Kind::time};
    std::vector<Key> keys;
    database.ask(sql, kinds, [&](const Row &row) {
        const std::string &name = std::get<std::string>(row[0]);
        if (keys.empty() || keys.back().name != name)
            keys.push_back({.name = name});
        keys.back().add_row(row);
        return true;
    });
    std::stable_sort(keys.begin(), keys.end(), [](const Key &one, const Key &other) { return one.last > other.last; });
    std::int64_t left = limit.value_or(static_cast<std::int64_t>(keys.size()));
    for (const Key &key : keys)
        if (left-- <= 0 || !sink(key.row()))
            return;
}

void ask_new_keys(AskedDatabase &database, const Selection &selection, const RowSink &sink) {
    const Dialect &dialect = database.dialect();
    std::set<std::string> old;
    if (selection.since_usec) {
        // (coalesce: not by the index of dates, which is of all events, but by that of keys.)
        Sql sql("SELECT DISTINCT k.auth_key FROM session_key AS k WHERE coalesce(k.log_date, k.log_date) < ");
        sql << dialect.time_value(sql, *selection.since_usec);
        constexpr std::array kinds{Kind::text};
        database.ask(sql, kinds, [&](const Row &row) {
            old.insert(std::get<std::string>(row[0]));
            return true;
        });
    }
    ask_keys(database, selection, std::nullopt,
             [&](const Row &row) { return old.contains(std::get<std::string>(row[0])) || sink(row); });
}

} // namespace iptracking
