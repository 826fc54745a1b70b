// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/utmp_record.h"

#include "event/timestamp.h"

#include <algorithm>
#include <cstring>

namespace iptracking {
namespace {

constexpr std::size_t type_at = 0, pid_at = 4, line_at = 8, user_at = 44, host_at = 76;
constexpr std::size_t line_size = 32, host_size = 256, address_size = 16;
constexpr std::int64_t second = 1'000'000;

template <class Number> Number number_at(std::string_view bytes, std::size_t offset) noexcept {
    Number number;
    std::memcpy(&number, bytes.data() + offset, sizeof(number));
    return number;
}

/// Where both end: the texts need no NUL at their end.
std::string_view text_at(std::string_view bytes, std::size_t offset, std::size_t size) noexcept {
    const std::string_view field = bytes.substr(offset, size);
    return field.substr(0, field.find('\0'));
}

struct Time {
    std::int64_t seconds, microseconds;
    std::size_t address_at;
};

Time time_of(std::string_view bytes, UtmpLayout layout) noexcept {
    if (layout == UtmpLayout::x86)
        return {number_at<std::int32_t>(bytes, 340), number_at<std::int32_t>(bytes, 344), 348};
    return {number_at<std::int64_t>(bytes, 344), number_at<std::int64_t>(bytes, 352), 360};
}

/// IPv4 stands in the first word; zero: not there.
IpAddress address_at(std::string_view bytes, std::size_t offset) noexcept {
    IpAddress address;
    std::memcpy(address.bytes.data(), bytes.data() + offset, address_size);
    const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
    if (address.is_absent() || !std::all_of(address.bytes.begin() + 4, address.bytes.end(), is_zero))
        return address;
    std::copy_n(address.bytes.begin(), 4, address.bytes.begin() + 12);
    std::fill_n(address.bytes.begin(), 10, std::uint8_t{0});
    std::fill_n(address.bytes.begin() + 10, 2, std::uint8_t{0xff});
    return address;
}

} // namespace

bool is_utmp_record(std::string_view bytes, UtmpLayout layout) noexcept {
    const auto type = number_at<std::int16_t>(bytes, type_at);
    if (type == 0) // a hole in the file
        return bytes.substr(0, static_cast<std::size_t>(layout)).find_first_not_of('\0') == bytes.npos;
    const Time time = time_of(bytes, layout);
    return type > 0 && type <= 9 && number_at<std::int32_t>(bytes, pid_at) >= 0 && time.seconds > 0 &&
           time.seconds <= latest_time_usec / second && time.microseconds >= 0 && time.microseconds < second;
}

UtmpRecord read_utmp_record(std::string_view bytes, UtmpLayout layout) noexcept {
    const Time time = time_of(bytes, layout);
    UtmpRecord record;
    record.type = static_cast<UtmpRecord::Type>(number_at<std::int16_t>(bytes, type_at));
    record.pid = number_at<std::int32_t>(bytes, pid_at);
    record.line = text_at(bytes, line_at, line_size);
    record.user = text_at(bytes, user_at, UtmpRecord::most_user);
    record.host = text_at(bytes, host_at, host_size);
    record.time_usec = time.seconds * second + time.microseconds;
    record.address = address_at(bytes, time.address_at);
    return record;
}

UtmpLayout layout_of(std::string_view first_bytes) noexcept {
    const auto sensible = [&](UtmpLayout layout) {
        const auto size = static_cast<std::size_t>(layout);
        std::size_t count = 0;
        for (std::size_t at = 0; at + size <= first_bytes.size(); at += size)
            count += is_utmp_record(first_bytes.substr(at, size), layout) ? 1u : 0u;
        return count;
    };
    return sensible(UtmpLayout::arm64) > sensible(UtmpLayout::x86) ? UtmpLayout::arm64 : UtmpLayout::x86;
}

} // namespace iptracking
