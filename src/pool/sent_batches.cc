// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/sent_batches.h"

#include "base/error.h"
#include "base/file.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/random.h>

namespace iptracking {
namespace {

constexpr char sent_file[] = "sent";
constexpr std::uint64_t highest_turn = std::uint64_t{1} << 62; // one batch a nanosecond for a hundred years

std::int64_t random_number() {
    std::int64_t number = 0;
    if (::getrandom(&number, sizeof(number), 0) != sizeof(number))
        throw_errno(errno, "cannot get a random number");
    return number;
}

} // namespace

SentBatches::SentBatches(int folder, bool sync)
    : file_(open_file_at(folder, sent_file, O_RDWR | O_CREAT | O_NOFOLLOW, 0600)), sync_(sync) {
    const std::span<char> bytes(reinterpret_cast<char *>(entries_), sizeof(entries_));
    if (read_all_at(file_.get(), bytes, 0, sent_file) != bytes.size()) {
        std::fill(std::begin(entries_), std::end(entries_), Entry{});
        write_all_at(file_.get(), {bytes.data(), bytes.size()}, 0, sent_file); // so that there is room later
    }
    for (std::size_t slot = 0; slot < kept; ++slot) {
        const Entry &entry = entries_[slot];
        if (entry.turn == 0 || entry.turn % kept != slot || entry.turn > highest_turn)
            continue; // none, or nothing that we have written
        turn_ = std::max(turn_, entry.turn);
        known_.insert(entry.number);
    }
}

std::int64_t SentBatches::add() {
    const Entry entry{turn_ + 1, random_number()};
    write(entry.turn % kept, entry);
    if (sync_)
        sync_data(file_.get(), sent_file);
    known_.insert(entry.number);
    turn_ = entry.turn;
    return entry.number;
}

void SentBatches::take_back() {
    write(turn_ % kept, {});
    --turn_;
}

void SentBatches::write(std::size_t slot, const Entry &entry) {
    write_all_at(file_.get(), {reinterpret_cast<const char *>(&entry), sizeof(entry)}, slot * sizeof(entry), sent_file);
    known_.erase(entries_[slot].number);
    entries_[slot] = entry;
}

} // namespace iptracking
