// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace iptracking {

/// A row of inet_log as the summaries count it.  Texts as they are stored; data() is null where nothing is known.
struct CountedRow {
    std::int64_t id, log_event;
    std::string_view date, outcome, uid, destination, source, net6;
};

/// What was counted of one key.
struct Counts {
    std::int64_t events = 0, failures = 0, successes = 0, opened = 0, closed = 0;

    void add(const CountedRow &row);
    /// An attempt that was counted has succeeded.
    void take_off(const CountedRow &attempt);
    /// As inet_log.log_date.
    std::string_view first() const noexcept { return {first_, size_of_first_}; }
    std::string_view last() const noexcept { return {last_, size_of_last_}; }

private:
    void see(std::string_view date);

    char first_[31], last_[31]; ///< a date has 27 characters
    std::uint8_t size_of_first_ = 0, size_of_last_ = 0;
};

/// Counts by key: a hash table without an allocation for each key, since each row looks for four.
class KeyCounts {
public:
    /// Zero, where the key is new.  Valid until the next call.
    Counts &operator[](std::string_view key);
    void clear() noexcept;
    /// Of memory that they have.
    std::size_t bytes() const noexcept {
        return keys_.capacity() + entries_.capacity() * sizeof(Entry) + slots_.size() * sizeof(Slot);
    }
    /// In the order of the keys.
    template <class Take> void for_each(const Take &take) const {
        for (const Entry *entry : sorted())
            take(key_of(*entry), entry->counts);
    }

private:
    using Slot = std::uint32_t; ///< number of an entry, from 1; 0: free
    struct Entry {
        std::uint64_t hash;
        std::size_t key, key_size; ///< in keys_
        Counts counts;
    };

    std::string_view key_of(const Entry &entry) const noexcept {
        return std::string_view(keys_).substr(entry.key, entry.key_size);
    }
    Slot &slot_of(std::uint64_t hash, std::string_view key) noexcept;
    void grow();
    std::vector<const Entry *> sorted() const;

    std::string keys_;
    std::vector<Entry> entries_;
    std::vector<Slot> slots_ = std::vector<Slot>(64); ///< a power of two, at most half of them in use
};

} // namespace iptracking
