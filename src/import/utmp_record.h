// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/ip_address.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace iptracking {

/// A record of wtmp or btmp, utmp(5).  The texts are places in its bytes.
struct UtmpRecord {
    enum class Type : std::int16_t { run_level = 1, boot = 2, login_process = 6, user = 7, dead = 8 };

    Type type{};
    std::int32_t pid = 0;
    std::string_view line, user, host;
    std::int64_t time_usec = 0;
    IpAddress address;

    static constexpr std::size_t most_user = 32;
};

/// How large a record is depends on the processor: 384 bytes on x86, where seconds end in 2038, and 400 bytes on arm64.
enum class UtmpLayout : std::uint16_t { x86 = 384, arm64 = 400 };

/// That in which more of the first records make sense.
UtmpLayout layout_of(std::string_view first_bytes) noexcept;

/// Whether these bytes, at least a record's, can be a record.
bool is_utmp_record(std::string_view bytes, UtmpLayout layout) noexcept;
/// Needs is_utmp_record().
UtmpRecord read_utmp_record(std::string_view bytes, UtmpLayout layout) noexcept;

} // namespace iptracking
