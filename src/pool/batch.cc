// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/batch.h"

#include "event/event_line.h"
#include "event/timestamp.h"
#include "line/format.h"
#include "pool/segments.h"

#include <algorithm>

namespace iptracking {
namespace {

/// Without the end of a line in so many bytes there is no line.  Less than the smallest pool holds: what cannot be
/// parsed cannot be released.
constexpr std::size_t longest_search = 32 * 1024;
constexpr std::size_t smallest_read = 64 * 1024;
constexpr std::size_t read_for_each_event = 256;

/// Parses the lines of batch.bytes, and gives how many bytes they are.
std::size_t parse_lines(Batch &batch, const TakeRecord &take, const OnDamage &on_damage) {
    const std::string_view all(batch.bytes.data(), batch.bytes.size());
    std::size_t begin = 0;
    for (std::size_t newline; (newline = all.find('\n', begin)) != all.npos; begin = newline + 1, ++batch.lines) {
        const std::string_view line = all.substr(begin, newline - begin);
        if (line.empty())
            continue;
        ParsedLine parsed = parse_event_line(line);
        if (!parsed.event) {
            on_damage(line, parsed.error.reason, parsed.error.column);
            continue;
        }
        if (!take())
            break;
        if (parsed.garbage != 0)
            on_damage(line.substr(0, parsed.garbage), "half a line in front of another", 1);
        Event &event = *parsed.event;
        event.line = begin + parsed.garbage;
        if (event.time_usec == no_time)
            event.time_usec = now_usec();
        batch.events.push_back(event);
    }
    return begin;
}

} // namespace

bool fill(Batch &batch, const Segments &segments, Place from, std::size_t most_events, const TakeRecord &take,
          const OnDamage &on_damage) {
    batch.from = batch.to = from;
    batch.events.clear();
    batch.lines = 0;
    const std::size_t wanted =
        std::clamp(std::min(most_events, most_batch_bytes) * read_for_each_event, smallest_read, most_batch_bytes);
    batch.bytes.resize(std::min<std::uint64_t>(wanted, segments.size_after(from)));
    const std::size_t asked = batch.bytes.size();
    batch.bytes.resize(segments.read(from, batch.bytes));

    const auto take_one = [&] { return batch.events.size() < most_events && take(); };
    std::size_t parsed = 0;
    if (std::find(batch.bytes.begin(), batch.bytes.end(), '\n') != batch.bytes.end()) {
        parsed = parse_lines(batch, take_one, on_damage);
    } else if (batch.bytes.size() < asked) { // a segment is missing
        parsed = batch.bytes.size();
        on_damage({batch.bytes.data(), parsed}, "its end is missing", parsed);
    } else if (batch.bytes.size() >= longest_search) {
        parsed = batch.bytes.size() - line::max_size; // a good line may begin near the end
        on_damage({batch.bytes.data(), parsed}, "no end of a line", parsed);
    }
    batch.to = segments.advance(from, parsed);
    return parsed > 0;
}

} // namespace iptracking
