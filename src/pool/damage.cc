// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/damage.h"

#include "base/file.h"

#include <fcntl.h>

namespace iptracking {
namespace {

constexpr std::uint64_t most_bytes = 1024 * 1024;

} // namespace

Damage::Damage(const std::string &state_directory) {
    const std::string name = state_directory + "/damaged";
    file_ = open_file(name, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
    size_ = static_cast<std::uint64_t>(status_of(file_.get(), name).st_size);
}

void Damage::add(std::string_view text) noexcept {
    ++count_;
    if (size_ + text.size() + 1 > most_bytes)
        return;
    // A full disk costs the copy; the count and the journal still tell.
    const bool written = ::pwrite(file_.get(), text.data(), text.size(), static_cast<off_t>(size_)) ==
                             static_cast<ssize_t>(text.size()) &&
                         ::pwrite(file_.get(), "\n", 1, static_cast<off_t>(size_ + text.size())) == 1;
    if (written)
        size_ += text.size() + 1;
}

} // namespace iptracking
