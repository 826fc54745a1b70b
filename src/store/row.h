// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "pool/batch.h"

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
    /// machine.
    void read(const Event &event);
    const StoredValue &operator[](Text which) const noexcept { return values_[static_cast<std::size_t>(which)]; }
    /// The column `flags`.
    int flags() const noexcept { return flags_; }

private:
    const Batch &batch_;
    int flags_ = 0;
    std::string buffers_[static_cast<std::size_t>(Text::count_)];
    StoredValue values_[static_cast<std::size_t>(Text::count_)];
};

/// The first 64 bits of an IPv6 address, written out: "2001:0db8:0000:0000"; empty for IPv4.
std::string first_half_of_v6(const IpAddress &address);

} // namespace iptracking
