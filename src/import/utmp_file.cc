// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/utmp_file.h"

#include "base/error.h"
#include "base/file.h"

#include <fcntl.h>

namespace iptracking {
namespace {

constexpr std::size_t block = 64 * 1024;
constexpr std::size_t first_records = 16;

} // namespace

UtmpFile::UtmpFile(const std::string &path) : name_("'" + path + "'"), file_(open_file(path, O_RDONLY)) {
    const struct stat status = status_of(file_.get(), path);
    if (!S_ISREG(status.st_mode))
        throw Error(name_ + " is not a file");
    changed_usec_ = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000 + status.st_mtim.tv_nsec / 1000;
    size_ = static_cast<std::uint64_t>(status.st_size);
    fill();
    layout_ =
        layout_of(std::string_view(buffer_).substr(0, first_records * static_cast<std::size_t>(UtmpLayout::arm64)));
}

void UtmpFile::fill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + block);
    const std::size_t count = read_all_at(file_.get(), {buffer_.data() + before, block}, offset_, name_);
    buffer_.resize(before + count);
    offset_ += count;
}

/// Whether a record begins there; one that stands behind no other has to be followed by one.
bool UtmpFile::is_record() const noexcept {
    const auto size = static_cast<std::size_t>(layout_);
    const std::string_view bytes = std::string_view(buffer_).substr(begin_);
    return is_utmp_record(bytes, layout_) &&
           (in_step_ || bytes.size() < 2 * size || is_utmp_record(bytes.substr(size), layout_));
}

std::optional<UtmpRecord> UtmpFile::next() {
    const auto size = static_cast<std::size_t>(layout_);
    for (;;) {
        if (buffer_.size() - begin_ < 2 * size)
            fill();
        if (buffer_.size() - begin_ < size)
            return std::nullopt;
        in_step_ = is_record();
        if (in_step_) {
            begin_ += size;
            return read_utmp_record(std::string_view(buffer_).substr(begin_ - size, size), layout_);
        }
        ++begin_;
        ++passed_over_;
    }
}

} // namespace iptracking
