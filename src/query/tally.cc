// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/tally.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <vector>

namespace iptracking {
namespace {

/// As Sums, but small.
struct Slim {
    std::int64_t events = 0, failures = 0, successes = 0, sessions = 0, first = 0, last = 0;
};

/// Some of the addresses are nets, of which maybe only that is known.
struct ByNet {
    using Key = Net;
    static constexpr std::size_t most = 500'000; ///< keys, about 80 MB
    const Top &top;

    /// What counts together with an address.
    std::optional<Net> operator()(const std::string &text) const {
        const auto address = Net::parse(text);
        if (!address || top.by != TopBy::nets)
            return address;
        const Net net = Net::around(address->address, top.prefix, top.prefix6);
        return net.bits < address->bits ? net : *address;
    }
    static std::string text(const Net &net) { return net.to_string(); }
    static std::size_t hash(const Net &net) noexcept {
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

struct ByText {
    using Key = std::string;
    static constexpr std::size_t most = 250'000;

    std::optional<std::string> operator()(const std::string &text) const { return text; }
    static const std::string &text(const std::string &key) { return key; }
    static std::size_t hash(const std::string &key) noexcept { return std::hash<std::string>{}(key); }
};

/// Keys and their sums, side by side in memory: most of the time goes by while memory is waited for.
template <class By> class Table {
public:
    using Key = typename By::Key;
    struct Entry {
        Key key{};
        Slim slim{};
        bool used = false;
    };

    Slim &operator[](Key &&key) {
        if (2 * (number_ + 1) > entries_.size())
            grow();
        Entry &entry = place_of(key);
        if (!entry.used) {
            entry.key = std::move(key);
            entry.used = true;
            ++number_;
        }
        return entry.slim;
    }
    std::size_t size() const noexcept { return number_; }
    template <class Work> void for_each(const Work &work) const {
        for (const Entry &entry : entries_)
            if (entry.used)
                work(entry);
    }

private:
    Entry &place_of(const Key &key) {
        std::size_t at = By::hash(key) & (entries_.size() - 1);
        while (entries_[at].used && !(entries_[at].key == key))
            at = (at + 1) & (entries_.size() - 1);
        return entries_[at];
    }
    void grow() {
        std::vector<Entry> old(std::max<std::size_t>(1024, 2 * entries_.size()));
        old.swap(entries_);
        for (Entry &entry : old)
            if (entry.used)
                place_of(entry.key) = std::move(entry);
    }

    std::vector<Entry> entries_; ///< a power of 2
    std::size_t number_ = 0;
};

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
template <class By, class Entry> bool stands_before(TopOrder order, const Entry *one, const Entry *other) {
    const auto number = [&](const Entry *of) {
        return order == TopOrder::events ? of->slim.events : order == TopOrder::failures ? of->slim.failures : 0;
    };
    if (number(one) != number(other))
        return number(one) > number(other);
    if (order != TopOrder::key && one->slim.last != other->slim.last)
        return one->slim.last > other->slim.last;
    return By::text(one->key) < By::text(other->key);
}

using Sink = std::function<bool(const std::string &key, const Sums &sums)>;

template <class By>
bool tally_by(const By &by, AskedDatabase &database, const Sql &question, const Top &top, const Sink &sink) {
    constexpr std::array kinds{Kind::text,   Kind::number, Kind::number, Kind::number,
                               Kind::number, Kind::time,   Kind::time};
    Table<By> table;
    bool fits = true;
    database.ask(question, kinds, [&](const Row &row) {
        if (auto key = by(std::get<std::string>(row[0])))
            add(table[std::move(*key)], row);
        fits = table.size() <= By::most;
        return fits;
    });
    if (!fits)
        return false;
    using Entry = typename Table<By>::Entry;
    std::vector<const Entry *> rows;
    table.for_each([&](const Entry &row) {
        if (top.order != TopOrder::failures || row.slim.failures > 0)
            rows.push_back(&row);
    });
    const auto shown = top.limit && static_cast<std::size_t>(*top.limit) < rows.size()
                           ? static_cast<std::size_t>(*top.limit)
                           : rows.size();
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown), rows.end(),
                      [&](const Entry *one, const Entry *other) { return stands_before<By>(top.order, one, other); });
    for (std::size_t i = 0; i < shown; ++i) {
        if (!sink(By::text(rows[i]->key), sums_of(rows[i]->slim)))
            break;
    }
    return true;
}

} // namespace

bool tally(AskedDatabase &database, Sql question, const Counted &counted, const Top &top, const Sink &sink) {
    // No sum in it: then SQLite joins it with the view that it asks, and reads no column in vain.
    question << counted.with << "SELECT k, n, f, s, o, a, z FROM " << counted.from << " WHERE k IS NOT NULL";
    if (top.by == TopBy::addresses || top.by == TopBy::nets)
        return tally_by(ByNet{top}, database, question, top, sink);
    return tally_by(ByText{}, database, question, top, sink);
}

} // namespace iptracking
