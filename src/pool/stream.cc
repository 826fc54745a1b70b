// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/stream.h"

#include "base/error.h"
#include "base/file.h"

#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <systemd/sd-id128.h>

namespace iptracking {
namespace {

constexpr char stream_file[] = "stream";
constexpr char hint_file[] = "stored";

std::string text_of(sd_id128_t id) {
    char text[SD_ID128_STRING_MAX];
    return sd_id128_to_string(id, text);
}

/// Not the machine's id itself, which should stay secret: one derived from it for us (machine-id(5)).
std::string this_machine() {
    constexpr sd_id128_t us{
        {0x5b, 0x0a, 0xc3, 0x1e, 0x4f, 0x7d, 0x4b, 0x0e, 0x9c, 0x56, 0x2f, 0x8a, 0x71, 0xd0, 0x3e, 0x94}};
    sd_id128_t id;
    return sd_id128_get_machine_app_specific(us, &id) < 0 ? "unknown" : text_of(id);
}

/// The digits at the beginning, and the blank behind them.
std::optional<std::uint64_t> take_number(std::string_view &text) {
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto size = static_cast<std::size_t>(stop - text.data());
    if (error != std::errc{} || size == text.size() || text[size] != ' ')
        return std::nullopt;
    text.remove_prefix(size + 1);
    return number;
}

} // namespace

Stream::Stream(int folder, Place end_at_open)
    : folder_(folder), end_at_open_(end_at_open), highest_(end_at_open), hint_(folder) {
    // At most: what is longer is not ours.
    char content[256] = {};
    if (const UniqueFd file{::openat(folder_, stream_file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)})
        read_all_at(file.get(), {content, sizeof(content) - 1}, 0, stream_file);
    char id[33] = {}, machine[33] = {};
    if (std::sscanf(content, "%32[0-9a-f] %32[0-9a-z]\n", id, machine) == 2 && std::string(id).size() == 32 &&
        machine == this_machine())
        id_ = id;
    else
        renew();
    if (hint_.place() > end_at_open_)
        begin_anew();
}

void Stream::begin_anew() {
    renew();
    hint_.set(end_at_open_, hint_.target());
}

void Stream::renew() {
    sd_id128_t id;
    check(sd_id128_randomize(&id), "cannot make a stream id");
    replace_file(folder_, stream_file, text_of(id) + " " + this_machine() + "\n", 0600);
    id_ = text_of(id);
}

StoredHint::StoredHint(int folder) : file_(open_file_at(folder, hint_file, O_RDWR | O_CREAT | O_NOFOLLOW, 0600)) {
    char content[8192];
    std::string_view rest(content, read_all_at(file_.get(), content, 0, hint_file));
    const auto segment = take_number(rest), offset = take_number(rest);
    if (!segment || !offset || !rest.ends_with('\n'))
        return;
    place_ = {*segment, *offset};
    target_ = rest.substr(0, rest.size() - 1);
}

void StoredHint::set(Place place, const std::string &target) {
    char numbers[64];
    std::snprintf(numbers, sizeof(numbers), "%020llu %020llu ", static_cast<unsigned long long>(place.segment),
                  static_cast<unsigned long long>(place.offset));
    const std::string content = numbers + target + "\n";
    // It is a hint: as long as the database knows the stream it costs nothing that a full disk does not take it.
    if (::pwrite(file_.get(), content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()) &&
        target != target_)
        static_cast<void>(!::ftruncate(file_.get(), static_cast<off_t>(content.size())));
    place_ = place;
    target_ = target;
}

} // namespace iptracking
