// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/key_counts.h"

#include <algorithm>
#include <iterator>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace iptracking {
namespace {

constexpr std::size_t most_kept_slots = 4096; // after a flood its memory is given back

} // namespace

void Counts::see(std::string_view date) {
    const auto size = static_cast<std::uint8_t>(std::min(date.size(), std::size(first_)));
    if (size_of_first_ == 0 || date < first()) {
        date.copy(first_, size);
        size_of_first_ = size;
    }
    if (date > last()) {
        date.copy(last_, size);
        size_of_last_ = size;
    }
}

void Counts::add(const CountedRow &row) {
    ++events;
    failures += row.log_event == 1 && (row.outcome == "attempt" || row.outcome == "failure");
    successes += row.log_event == 1 && row.outcome == "success";
    opened += row.log_event == 2;
    closed += row.log_event == 3;
    see(row.date);
}

void Counts::take_off(const CountedRow &attempt) {
    --failures;
    see(attempt.date);
}

Counts &KeyCounts::operator[](std::string_view key) {
    const std::uint64_t hash = XXH3_64bits(key.data(), key.size());
    Slot *slot = &slot_of(hash, key);
    if (*slot == 0) {
        if (2 * (entries_.size() + 1) > slots_.size()) {
            grow();
            slot = &slot_of(hash, key);
        }
        entries_.push_back({hash, keys_.size(), key.size(), {}});
        keys_ += key;
        *slot = static_cast<Slot>(entries_.size());
    }
    return entries_[*slot - 1].counts;
}

void KeyCounts::clear() noexcept {
    keys_.clear();
    entries_.clear();
    if (slots_.size() > most_kept_slots) {
        keys_.shrink_to_fit();
        entries_.shrink_to_fit();
        slots_.resize(64);
        slots_.shrink_to_fit();
    }
    std::ranges::fill(slots_, Slot{0});
}

/// The slot that the key is in, or a free one for it.
KeyCounts::Slot &KeyCounts::slot_of(std::uint64_t hash, std::string_view key) noexcept {
    for (std::size_t place = hash;; ++place) {
        Slot &slot = slots_[place & (slots_.size() - 1)];
        if (slot == 0 || (entries_[slot - 1].hash == hash && key_of(entries_[slot - 1]) == key))
            return slot;
    }
}

void KeyCounts::grow() {
    slots_.assign(slots_.size() * 2, 0);
    Slot number = 0;
    for (const Entry &entry : entries_)
        slot_of(entry.hash, key_of(entry)) = ++number;
}

std::vector<const KeyCounts::Entry *> KeyCounts::sorted() const {
    std::vector<const Entry *> entries;
    entries.reserve(entries_.size());
    for (const Entry &entry : entries_)
        entries.push_back(&entry);
    std::ranges::sort(entries, {}, [this](const Entry *entry) { return key_of(*entry); });
    return entries;
}

} // namespace iptracking
