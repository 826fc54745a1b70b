// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "event/event.h"
#include "pool/place.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace iptracking {

class Segments;

/// A piece of the pool in memory: whole lines, and the records parsed from them.  Owns both, and is kept until it
/// is stored, so that a retry needs no second read.
struct Batch {
    std::vector<char> bytes;
    std::vector<Event> events;
    Place from, to;          ///< `to` covers lines that could not be read
    std::uint64_t lines = 0; ///< between them: how many newlines

    /// A text of an event as it stands in its line; data() is null where it is not there.
    std::string_view text(const Event &event, Text which) const noexcept { return at(event, event.text(which)); }
    /// Likewise: the digits.
    std::string_view counter(const Event &event, Counter which) const noexcept {
        return at(event, event.counter(which));
    }

private:
    std::string_view at(const Event &event, TextPlace place) const noexcept {
        return place.offset == 0 ? std::string_view{}
                                 : std::string_view{bytes.data() + event.line + place.offset, place.size};
    }
};

/// A batch never holds more lines than fit into so many bytes.
inline constexpr std::size_t most_batch_bytes = 1024 * 1024;

/// Bytes of the pool that are no line that can be read, and why.
using OnDamage = std::function<void(std::string_view text, const char *reason, std::size_t column)>;

/// Takes a free record; false: there is none, so the batch ends before this event.
using TakeRecord = std::function<bool()>;

/// Fills the batch, whose events are cleared, with the whole lines that were taken after `from`: at most `most_events`
/// of them that can be read.  Half a line at the end is left for later, unless it is longer than 32 KiB or
/// what follows it is missing: that is damage.  True: something was read, so that `to` is beyond `from`; there may be
/// no event in it.
bool fill(Batch &batch, const Segments &segments, Place from, std::size_t most_events, const TakeRecord &take,
          const OnDamage &on_damage);

} // namespace iptracking
