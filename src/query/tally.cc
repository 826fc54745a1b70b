// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/tally.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace iptracking {
namespace {

constexpr std::size_t most_keys = 500'000; ///< about 80 MB

/// As Sums, but small.
struct Slim {
    std::int64_t events = 0, failures = 0, successes = 0, sessions = 0, first = 0, last = 0;
};

struct Hash {
    std::size_t operator()(const Net &net) const noexcept {
        std::uint64_t halves[2];
        std::memcpy(halves, net.address.bytes.data(), sizeof(halves));
        std::uint64_t mixed = halves[0] * 0x9e3779b97f4a7c15 ^ halves[1];
        for (const std::uint64_t factor : {0xff51afd7ed558ccdU, 0xc4ceb9fe1a85ec53U}) { // each bit reaches the lowest
            mixed ^= mixed >> 33;
            mixed *= factor;
        }
        return static_cast<std::size_t>(mixed ^ mixed >> 33);
    }
};

/// Nets and their sums, side by side in memory: most of the time goes by while memory is waited for.
class Table {
public:
    struct Entry {
        Net net;
        Slim slim;
    };

    Slim &operator[](const Net &net) {
        if (2 * (number_ + 1) > entries_.size())
            grow();
        Entry &entry = place_of(net);
        if (entry.net.bits == unused) {
            entry.net = net;
            ++number_;
        }
        return entry.slim;
    }
    std::size_t size() const noexcept { return number_; }
    template <class Work> void for_each(const Work &work) const {
        for (const Entry &entry : entries_)
            if (entry.net.bits != unused)
                work(entry);
    }

private:
    static constexpr int unused = -1;

    Entry &place_of(const Net &net) {
        std::size_t at = Hash{}(net) & (entries_.size() - 1);
        while (entries_[at].net.bits != unused && !(entries_[at].net == net))
            at = (at + 1) & (entries_.size() - 1);
        return entries_[at];
    }
    void grow() {
        std::vector<Entry> old(std::max<std::size_t>(1024, 2 * entries_.size()), Entry{.net = {.bits = unused}});
        old.swap(entries_);
        for (const Entry &entry : old)
            if (entry.net.bits != unused)
                place_of(entry.net) = entry;
    }

    std::vector<Entry> entries_; ///< a power of 2
    std::size_t number_ = 0;
};

/// What counts together with an address, of which maybe only a net is known.
Net key_of(const Net &address, const Top &top) {
    if (top.by != TopBy::nets)
        return address;
    const Net net = Net::around(address.address, top.prefix, top.prefix6);
    return net.bits < address.bits ? net : address;
}

void add(Slim &slim, const Row &row) {
    const auto number = [&](std::size_t i) {
        const auto *known = std::get_if<std::int64_t>(&row[i]);
        return known ? *known : 0;
    };
    slim.first = slim.last == 0 ? number(5) : std::min(slim.first, number(5));
    slim.last = std::max(slim.last, number(6));
    slim.events += number(1);
    slim.failures += number(2);
    slim.successes += number(3);
    slim.sessions += number(4);
}

Sums sums_of(const Slim &slim) {
    Sums sums;
    sums.events = slim.events;
    sums.failures = slim.failures;
    sums.successes = slim.successes;
    sums.sessions = slim.sessions;
    sums.first = slim.first;
    sums.last = slim.last;
    return sums;
}

/// As order_of() of the question in SQL.
bool stands_before(TopOrder order, const Table::Entry *one, const Table::Entry *other) {
    const auto number = [&](const Table::Entry *of) {
        return order == TopOrder::events ? of->slim.events : order == TopOrder::failures ? of->slim.failures : 0;
    };
    if (number(one) != number(other))
        return number(one) > number(other);
    if (order != TopOrder::key && one->slim.last != other->slim.last)
        return one->slim.last > other->slim.last;
    return one->net.to_string() < other->net.to_string();
}

} // namespace

bool tally(AskedDatabase &database, Sql question, const Counted &counted, const Top &top,
           const std::function<bool(const std::string &key, const Sums &sums)> &sink) {
    constexpr std::array kinds{Kind::address, Kind::number, Kind::number, Kind::number,
                               Kind::number,  Kind::time,   Kind::time};
    // No sum in it: then SQLite joins it with the view that it asks, and reads no column in vain.
    question << counted.with << "SELECT k, n, f, s, o, a, z FROM " << counted.from << " WHERE k IS NOT NULL";
    Table table;
    bool fits = true;
    database.ask(question, kinds, [&](const Row &row) {
        const auto address = Net::parse(std::get<std::string>(row[0]));
        if (!address)
            return true;
        add(table[key_of(*address, top)], row);
        fits = table.size() <= most_keys;
        return fits;
    });
    if (!fits)
        return false;
    std::vector<const Table::Entry *> rows;
    table.for_each([&](const Table::Entry &row) {
        if (top.order != TopOrder::failures || row.slim.failures > 0)
            rows.push_back(&row);
    });
    const auto shown = top.limit && static_cast<std::size_t>(*top.limit) < rows.size()
                           ? static_cast<std::size_t>(*top.limit)
                           : rows.size();
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown), rows.end(),
                      [&](const auto *one, const auto *other) { return stands_before(top.order, one, other); });
    for (std::size_t i = 0; i < shown; ++i) {
        if (!sink(rows[i]->net.to_string(), sums_of(rows[i]->slim)))
            break;
    }
    return true;
}

} // namespace iptracking
