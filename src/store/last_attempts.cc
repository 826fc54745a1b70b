// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/last_attempts.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace iptracking {
namespace {

void append(std::string &buffer, std::int64_t number) {
    buffer.append(reinterpret_cast<const char *>(&number), sizeof(number));
}

void append(std::string &buffer, std::string_view text) {
    append(buffer, text.data() ? static_cast<std::int64_t>(text.size()) : -1);
    buffer.append(text);
}

} // namespace

std::optional<std::int64_t> LastAttempts::next(const AuthRow &row) {
    const Key key = key_of(row);
    const auto place = places_.find(key);
    if (place == places_.end()) {
        if (row.outcome == Outcome::attempt)
            remember({key, row.id, row.pid});
        return std::nullopt;
    }
    Attempt &last = attempts_[place->second];
    if (row.outcome == Outcome::attempt) {
        last.id = row.id;
        last.pid = row.pid;
        return std::nullopt;
    }
    const Attempt before = last;
    last.id = 0;
    places_.erase(place);
    const bool same_process = before.pid == 0 || row.pid == 0 || before.pid == row.pid;
    return row.outcome == Outcome::success && same_process ? std::optional(before.id) : std::nullopt;
}

void LastAttempts::clear() noexcept {
    attempts_.clear();
    places_.clear();
    oldest_ = 0;
}

LastAttempts::Key LastAttempts::key_of(const AuthRow &row) {
    buffer_.clear();
    append(buffer_, row.host);
    append(buffer_, row.source);
    append(buffer_, row.destination);
    append(buffer_, row.source_port);
    append(buffer_, row.destination_port);
    if (row.source_port == 0) {
        append(buffer_, row.pid);
        append(buffer_, row.service);
    }
    const XXH128_hash_t hash = XXH3_128bits(buffer_.data(), buffer_.size());
    return {hash.low64, hash.high64};
}

void LastAttempts::remember(const Attempt &attempt) {
    std::size_t place = attempts_.size();
    if (place < most_) {
        attempts_.push_back(attempt);
    } else {
        place = oldest_;
        oldest_ = (oldest_ + 1) % most_;
        if (attempts_[place].id != 0)
            places_.erase(attempts_[place].connection);
        attempts_[place] = attempt;
    }
    places_[attempt.connection] = place;
}

} // namespace iptracking
