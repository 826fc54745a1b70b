// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/segments.h"

#include "base/error.h"
#include "base/file.h"
#include "pool/segment_name.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/statvfs.h>

namespace iptracking {
namespace {

constexpr std::uint64_t most_at_once = 1024 * 1024; // the pipe's size
constexpr std::uint64_t usual_segment = 4 * 1024 * 1024;
constexpr std::uint64_t most_segments = 128;
constexpr std::uint64_t usual_max_bytes = 256 * 1024 * 1024;
constexpr std::size_t most_at_open = 1000;
constexpr std::uint64_t block = 4096; // of file systems

/// What make_room() has made of the beginning of a file.
std::uint64_t size_of_hole(int fd, std::uint64_t size) {
    const off_t data = ::lseek(fd, 0, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO ? size / block * block : 0; // nothing but a hole; or a file system that does not know
    return std::min(static_cast<std::uint64_t>(data), size);
}

} // namespace

Segments::Segments(const std::string &folder, std::optional<std::uint64_t> max_bytes) : path_(folder) {
    if (::mkdir(path_.c_str(), 0700) < 0 && errno != EEXIST)
        throw_errno(errno, "cannot make folder '" + path_ + "'");
    folder_ = open_file(path_, O_RDONLY | O_DIRECTORY);
    set_max_bytes(max_bytes);
    for (const std::uint64_t number : segments_in(path_)) {
        const std::string name = path_ + "/" + segment_name(number);
        last_ = open_segment(number, O_RDWR);
        const struct stat status = status_of(last_.get(), name);
        if (!S_ISREG(status.st_mode))
            throw Error("'" + name + "' is not a regular file");
        segments_.push_back({number, static_cast<std::uint64_t>(status.st_size)});
        size_ += segments_.back().size;
        if (segments_.size() == 1) {
            segments_.back().begin = size_of_hole(last_.get(), segments_.back().size);
            size_ -= segments_.back().begin;
        }
    }
    // Never behind what is there, nor in an empty one: a power cut may have taken what was stored of it, and a place
    // must not be used twice.  (Unless there are very many: a daemon that never comes further than here.)
    if (segments_.size() < most_at_open || segments_.back().size > 0)
        begin_segment();
    end_at_open_ = end();
}

void Segments::set_max_bytes(std::optional<std::uint64_t> max_bytes) {
    if (!max_bytes) {
        struct statvfs system {};
        if (::fstatvfs(folder_.get(), &system) < 0)
            throw_errno(errno, "cannot examine the file system of '" + path_ + "'");
        max_bytes = std::min(usual_max_bytes, static_cast<std::uint64_t>(system.f_blocks) * system.f_frsize / 10);
    }
    max_bytes_ = *max_bytes;
    // Small enough that what is stored makes room soon; large enough that there are never many.
    segment_limit_ =
        std::clamp<std::uint64_t>(max_bytes_ / 8, 4096, std::max(usual_segment, max_bytes_ / most_segments));
}

UniqueFd Segments::open_segment(std::uint64_t number, int flags) const {
    return open_file_at(folder_.get(), segment_name(number), flags | O_NOFOLLOW | O_NONBLOCK, 0600);
}

void Segments::begin_segment() {
    const std::uint64_t number = segments_.empty() ? 1 : segments_.back().number + 1;
    last_ = open_segment(number, O_RDWR | O_CREAT | O_EXCL);
    segments_.push_back({number, 0});
    // A power cut may take what is in it, but must not take it: its number would come back.  Best effort.
    static_cast<void>(::fsync(folder_.get()));
}

int Segments::file_of(const Segment &segment) const {
    if (segment.number == segments_.back().number)
        return last_.get();
    if (segment.number != other_number_) {
        other_number_ = 0;
        other_ = open_segment(segment.number, O_RDWR); // make_room() writes
        other_number_ = segment.number;
    }
    return other_.get();
}

Segments::Taken Segments::take_from(int fifo) {
    if (size_ >= max_bytes_ && !make_room())
        return Taken::limit;
    ssize_t moved = 0;
    try {
        if (segments_.back().size >= segment_limit_)
            begin_segment();
        moved = append_from(fifo);
        int error = errno;
        if (moved < 0 && (error == ENOSPC || error == EDQUOT) && make_room()) {
            moved = append_from(fifo);
            error = errno;
        }
        if (moved < 0 && error != EAGAIN && error != EINTR)
            throw_errno(error, "cannot move events from the pipe to '" + path_ + "'");
    } catch (const SystemError &error) {
        failure_ = error.what();
        return Taken::failed;
    }
    if (moved <= 0)
        return Taken::nothing;
    Segment &last = segments_.back();
    const auto taken = static_cast<std::uint64_t>(moved);
    last.size += taken;
    size_ += taken;
    if (unsynced_ == 0)
        unsynced_ = last.number;
    lines_taken_ += lines_in(last, last.size - taken, taken).lines;
    return Taken::some;
}

ssize_t Segments::append_from(int fifo) const noexcept {
    const std::uint64_t size = segments_.back().size;
    auto offset = static_cast<off_t>(size);
    // No segment grows beyond its limit: the one that holds the half line at the end cannot be released.
    const std::uint64_t room = std::min({most_at_once, max_bytes_ - size_, segment_limit_ - size});
    return ::splice(fifo, nullptr, last_.get(), &offset, room, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
}

/// Of what is stored already: files that could not be removed before, and the beginning of the one that the first line
/// to be stored lies in.  (A half line at its end would keep all of it.)
bool Segments::make_room() {
    bool made = release_before(stored_);
    Segment &first = segments_.front();
    const std::uint64_t hole = first.number == stored_.segment ? stored_.offset / block * block : 0;
    if (hole > first.begin &&
        ::fallocate(file_of(first), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(hole)) == 0) {
        size_ -= hole - first.begin;
        first.begin = hole;
        made = true;
    }
    return made && size_ < max_bytes_;
}

std::size_t Segments::index_of(std::uint64_t segment) const {
    const auto found = std::lower_bound(segments_.begin(), segments_.end(), segment,
                                        [](const Segment &s, std::uint64_t number) { return s.number < number; });
    return static_cast<std::size_t>(found - segments_.begin());
}

std::size_t Segments::read(Place from, std::span<char> into) const {
    std::size_t done = 0;
    for (std::size_t i = index_of(from.segment); i < segments_.size() && done < into.size(); ++i) {
        const Segment &segment = segments_[i];
        const std::uint64_t offset = segment.number == from.segment ? from.offset : 0;
        if (done > 0 && begins_behind_gap(i))
            break;
        if (offset >= segment.size)
            continue;
        const std::size_t wanted = std::min<std::uint64_t>(into.size() - done, segment.size - offset);
        const std::size_t got = read_all_at(file_of(segment), into.subspan(done, wanted), offset,
                                            path_ + "/" + segment_name(segment.number));
        done += got;
        if (got < wanted)
            throw Error("'" + path_ + "/" + segment_name(segment.number) + "' became shorter");
    }
    return done;
}

bool Segments::begins_behind_gap(std::size_t index) const {
    return index > 0 && segments_[index - 1].number + 1 != segments_[index].number;
}

Place Segments::advance(Place from, std::uint64_t bytes) const {
    for (std::size_t i = index_of(from.segment); i < segments_.size(); ++i) {
        const Segment &segment = segments_[i];
        const std::uint64_t offset = segment.number == from.segment ? from.offset : 0;
        const std::uint64_t here = segment.size - std::min(offset, segment.size);
        if (bytes < here || (bytes == here && i + 1 == segments_.size()))
            return {segment.number, offset + bytes};
        bytes -= here;
    }
    return end();
}

std::uint64_t Segments::size_after(Place from) const {
    std::uint64_t size = 0;
    for (std::size_t i = index_of(from.segment); i < segments_.size(); ++i) {
        const Segment &segment = segments_[i];
        size += segment.number == from.segment ? segment.size - std::min(from.offset, segment.size) : segment.size;
    }
    return size;
}

/// They are a count for people: what cannot be read has none.
Segments::Lines Segments::lines_in(const Segment &segment, std::uint64_t offset, std::uint64_t size) const {
    Lines counted;
    try {
        char bytes[16 * 1024];
        while (counted.bytes < size) {
            const std::size_t wanted = std::min<std::uint64_t>(size - counted.bytes, sizeof(bytes));
            const std::size_t got = read_all_at(file_of(segment), {bytes, wanted}, offset + counted.bytes, path_);
            const std::string_view read(bytes, got); // its find() is memchr(3), ten times as fast as std::count
            for (std::size_t at = 0; (at = read.find('\n', at)) != read.npos; ++at)
                ++counted.lines;
            counted.bytes += got;
            if (got < wanted)
                break;
        }
    } catch (const std::exception &) {
        return counted;
    }
    return counted;
}

Segments::Lines Segments::count_lines(Place from, std::uint64_t most_bytes) const {
    Lines counted;
    for (std::size_t i = index_of(from.segment); i < segments_.size() && counted.bytes < most_bytes; ++i) {
        const Segment &segment = segments_[i];
        const std::uint64_t offset = segment.number == from.segment ? std::min(from.offset, segment.size) : 0;
        const std::uint64_t size = std::min(segment.size - offset, most_bytes - counted.bytes);
        const Lines here = lines_in(segment, offset, size);
        counted.lines += here.lines;
        counted.bytes += here.bytes;
        if (here.bytes < size)
            break;
    }
    return counted;
}

Place Segments::begin() const noexcept {
    return {segments_.front().number, segments_.front().begin};
}

Place Segments::end() const noexcept {
    return {segments_.back().number, segments_.back().size};
}

bool Segments::release_until(Place stored) noexcept try {
    stored_ = stored;
    bool released = release_before(stored);
    // A number must never come back, so the last file stays until there is a next one.
    if (stored == end() && segments_.back().size >= segment_limit_) {
        begin_segment();
        released |= release_before(stored);
    }
    return released;
} catch (const std::exception &) {
    return false; // a full disk: the next call tries again
}

bool Segments::release_before(Place stored) {
    bool released = false;
    while (segments_.size() > 1 &&
           (segments_.front().number < stored.segment ||
            (segments_.front().number == stored.segment && stored.offset >= segments_.front().size))) {
        const Segment &first = segments_.front();
        if (::unlinkat(folder_.get(), segment_name(first.number).c_str(), 0) < 0 && errno != ENOENT)
            break;
        if (first.number == other_number_) {
            other_.reset(); // or the file would keep its space
            other_number_ = 0;
        }
        size_ -= first.size - first.begin;
        segments_.pop_front();
        released = true;
    }
    return released;
}

void Segments::sync() {
    if (unsynced_ == 0)
        return;
    for (std::size_t i = index_of(unsynced_); i < segments_.size(); ++i)
        sync_data(file_of(segments_[i]), path_ + "/" + segment_name(segments_[i].number));
    unsynced_ = 0;
}

} // namespace iptracking
