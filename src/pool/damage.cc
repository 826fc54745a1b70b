// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/damage.h"

#include "base/file.h"

#include <exception>
#include <fcntl.h>

namespace iptracking {
namespace {

constexpr std::uint64_t most_bytes = 1024 * 1024;

} // namespace

bool Damage::open() noexcept try {
    if (!file_) {
        UniqueFd file = open_file(name_, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0600);
        size_ = static_cast<std::uint64_t>(status_of(file.get(), name_).st_size);
        file_ = std::move(file);
    }
    return true;
} catch (const std::exception &) {
    return false; // a full disk costs the copy; the count and the journal still tell
}

bool Damage::add(Place place, std::string_view text) noexcept {
    if (place < next_)
        return false;
    next_ = {place.segment, place.offset + 1};
    ++count_;
    copy(text);
    return true;
}

void Damage::copy(std::string_view text) noexcept {
    if (!open() || size_ + text.size() + 1 > most_bytes)
        return;
    const bool written = ::pwrite(file_.get(), text.data(), text.size(), static_cast<off_t>(size_)) ==
                             static_cast<ssize_t>(text.size()) &&
                         ::pwrite(file_.get(), "\n", 1, static_cast<off_t>(size_ + text.size())) == 1;
    if (written)
        size_ += text.size() + 1;
}

} // namespace iptracking
