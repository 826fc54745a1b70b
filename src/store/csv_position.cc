// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/csv_position.h"

#include "base/file.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>
#include <fcntl.h>
#include <type_traits>

namespace iptracking {
namespace {

/// As it is on the disk; one slot never shares a sector with the other.
struct Record {
    std::uint64_t sequence = 0;
    std::uint64_t owner = 0; ///< hash of stream and target
    CsvPosition position;
    std::uint64_t checksum = 0; ///< of all before it
};
static_assert(std::is_trivially_copyable_v<Record>);
constexpr std::uint64_t slot_distance = 4096;

std::uint64_t checksum_of(const Record &record) {
    return XXH3_64bits(&record, offsetof(Record, checksum));
}

std::uint64_t hash_of(const std::string &text) {
    return XXH3_64bits(text.data(), text.size());
}

} // namespace

CsvPositionFile::CsvPositionFile(const std::string &state_directory, const std::string &stream_id,
                                 const std::string &target)
    : name_(state_directory + "/csvfile.position"), owner_(stream_id + " " + target),
      file_(open_file(name_, O_RDWR | O_CREAT | O_NOFOLLOW, 0600)) {
    for (const std::uint64_t slot : {0u, 1u}) {
        char bytes[sizeof(Record)];
        if (read_all_at(file_.get(), bytes, slot * slot_distance, name_) != sizeof(bytes))
            continue;
        Record record;
        std::memcpy(&record, bytes, sizeof(record));
        if (record.checksum != checksum_of(record) || record.sequence <= sequence_)
            continue;
        sequence_ = record.sequence;
        position_ = record.owner == hash_of(owner_) ? std::optional{record.position} : std::nullopt;
    }
}

void CsvPositionFile::write(const CsvPosition &position) {
    Record record{sequence_ + 1, hash_of(owner_), position, 0};
    record.checksum = checksum_of(record);
    write_all_at(file_.get(), {reinterpret_cast<const char *>(&record), sizeof(record)},
                 record.sequence % 2 * slot_distance, name_);
    sync_data(file_.get(), name_);
    sequence_ = record.sequence;
    position_ = position;
}

} // namespace iptracking
