// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/list.h"

#include "base/error.h"
#include "query/spool.h"

#include <algorithm>
#include <limits>

namespace iptracking {
namespace {

constexpr std::int64_t first_piece = 200, largest_piece = 5000; // rows: something is to be seen at once

/// Where a row stands in the order.
struct Place {
    std::int64_t time = 0, id = 0;
};

std::int64_t number_in(const Cell &cell) {
    if (const auto *number = std::get_if<std::int64_t>(&cell))
        return *number;
    throw Error("a row of inet_log has a log_date that is no time");
}

class Reader {
public:
    Reader(AskedDatabase &database, const List &list, Order order)
        : database_(database), list_(list), oldest_first_(order == Order::oldest_first) {}

    /// From here on, this row included.
    void begin_at(const Place &place) {
        place_ = place;
        with_place_ = true;
    }

    /// False: there are no more.
    bool read(std::int64_t most, const RowSink &sink) {
        Sql sql;
        select_what_is_left(sql);
        std::size_t number = 0;
        if (place_)
            sql << " AND (l.log_date, l.id) " << (oldest_first_ ? ">" : "<") << (with_place_ ? "= (" : " (")
                << database_.dialect().time_value(sql, place_->time) << ", " << sql.value(place_->id) << ")";
        sql << (oldest_first_ ? " ORDER BY l.log_date, l.id" : " ORDER BY l.log_date DESC, l.id DESC") << " LIMIT "
            << sql.value(most);
        database_.ask(sql, list_.kinds, [&](const Row &row) {
            if (number == rows_.size())
                rows_.emplace_back();
            rows_[number++] = row; // the memory of the last piece is used again
            return true;
        });
        const bool more = static_cast<std::int64_t>(number) == most;
        if (more)
            place_ = place_of(rows_[number - 1]);
        with_place_ = false;
        for (std::size_t i = 0; i < number; ++i) {
            if (list_.finish)
                list_.finish(rows_[i]);
            if (!sink(rows_[i]))
                return false;
        }
        return more;
    }

    /// SQLite looks only for one lower and one upper limit in the index, so they have to be the narrowest.
    void select_what_is_left(Sql &sql) const {
        Selection selection = list_.selection;
        if (place_ && oldest_first_)
            selection.since_usec = std::max(selection.since_usec.value_or(place_->time), place_->time);
        else if (place_)
            selection.until_usec = std::min(selection.until_usec.value_or(place_->time + 1), place_->time + 1);
        list_.select(sql, selection);
    }

    Place place_of(const Row &row) const { return {number_in(row[list_.time]), number_in(row[list_.id])}; }

private:
    AskedDatabase &database_;
    const List &list_;
    bool oldest_first_;
    bool with_place_ = false;
    std::optional<Place> place_;
    std::vector<Row> rows_;
};

/// Where the newest `number` begin; nullopt: there are no more than these.
std::optional<Place> begin_of_newest(AskedDatabase &database, const List &list, std::int64_t number) {
    Sql sql;
    list.select(sql, list.selection);
    sql << " ORDER BY l.log_date DESC, l.id DESC LIMIT 1 OFFSET " << sql.value(number - 1);
    std::optional<Place> place;
    database.ask(sql, list.kinds, [&](const Row &row) {
        place = {number_in(row[list.time]), number_in(row[list.id])};
        return true;
    });
    return place;
}

/// By one statement, whose rows are put aside until it has ended.
void read_at_once(AskedDatabase &database, const List &list, const Extent &extent, const RowSink &sink) {
    const bool oldest_first = extent.order == Order::oldest_first;
    const bool turned = oldest_first && extent.limit; // those of the newest
    Sql sql;
    list.select(sql, list.selection);
    sql << (oldest_first && !turned ? " ORDER BY l.log_date, l.id" : " ORDER BY l.log_date DESC, l.id DESC");
    if (extent.limit)
        sql << " LIMIT " << sql.value(*extent.limit);
    Spool spool;
    database.ask(sql, list.kinds, [&](const Row &row) {
        spool.put(row);
        return true;
    });
    const auto finished = [&](Row &row) {
        if (list.finish)
            list.finish(row);
        return sink(row);
    };
    if (turned)
        spool.replay_backwards(finished);
    else
        spool.replay(finished);
}

} // namespace

void read_list(AskedDatabase &database, const List &list, const Extent &extent, const RowSink &sink) {
    if (extent.limit == 0)
        return;
    if (list.at_once)
        return read_at_once(database, list, extent, sink);
    Reader reader(database, list, extent.order);
    if (extent.limit && extent.order == Order::oldest_first)
        if (const auto place = begin_of_newest(database, list, *extent.limit))
            reader.begin_at(*place);
    std::int64_t left = extent.limit.value_or(std::numeric_limits<std::int64_t>::max());
    for (std::int64_t piece = first_piece; left > 0; piece = std::min(4 * piece, largest_piece)) {
        const std::int64_t most = std::min(piece, left);
        if (!reader.read(most, sink))
            break;
        left -= most;
    }
}

} // namespace iptracking
