// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "pool/batch.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iptracking {

/// A text of an event as every store keeps it, event/stored_text.h.
struct StoredValue {
    std::string_view text; ///< in the buffer of the RowReader, until its next event
    bool present = false;
};

/// What a row says of one event, in the forms that the stores share.  Reuses its buffers: one per batch.
class RowReader {
public:
    explicit RowReader(const Batch &batch) noexcept : batch_(batch) {}

    /// The texts of the event, each cut after line::max_text bytes as typed; `host` falls back to the name of this
    /// machine.  How a session was opened is read from auth_info where there is one.
    void read(const Event &event);
    /// Of Text::auth_info there is never one: what it says are the texts behind it.
    const StoredValue &operator[](Text which) const noexcept { return values_[static_cast<std::size_t>(which)]; }
    /// nullopt: not known.
    std::optional<std::int64_t> counter(Counter which) const noexcept;
    CounterValues counters() const noexcept;
    /// The column `flags`.
    int flags() const noexcept { return flags_; }

private:
    void read_texts(Text begin, Text end);
    void read_auth();
    void set_text(Text which, std::string_view typed);

    const Batch &batch_;
    const Event *event_ = nullptr;
    int flags_ = 0;
    bool has_auth_ = false; ///< of the event, or of the last one
    std::string buffers_[static_cast<std::size_t>(Text::count_)];
    StoredValue values_[static_cast<std::size_t>(Text::count_)];
};

/// The first 64 bits of an IPv6 address, written out: "2001:0db8:0000:0000"; empty for IPv4.
std::string first_half_of_v6(const IpAddress &address);

} // namespace iptracking
