// SPDX-License-Identifier: GPL-2.0-or-later
#include "pool/batch.h"

#include "event/event_line.h"
#include "event/timestamp.h"
#include "line/format.h"
#include "pool/segments.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::size_t first_read = 64 * 1024;

/// Parses the lines of batch.bytes, and gives how many bytes they are.
std::size_t parse_lines(Batch &batch, const TakeRecord &take, const OnDamage &on_damage) {
    const std::string_view all(batch.bytes.data(), batch.bytes.size());
    std::size_t begin = 0;
    for (std::size_t newline; (newline = all.find('\n', begin)) != all.npos; begin = newline + 1) {
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

bool fill(Batch &batch, const Segments &segments, Place from, const TakeRecord &take, const OnDamage &on_damage) {
    batch.from = batch.to = from;
    for (std::size_t wanted = first_read;; wanted = std::min(wanted * 4, most_batch_bytes)) {
        batch.events.clear();
        batch.bytes.resize(std::min<std::uint64_t>(wanted, segments.size_after(from)));
        batch.bytes.resize(segments.read(from, batch.bytes));
        const bool has_line = std::find(batch.bytes.begin(), batch.bytes.end(), '\n') != batch.bytes.end();
        if (!has_line && batch.bytes.size() == wanted && wanted < most_batch_bytes)
            continue; // a line longer than a read

        std::size_t parsed = parse_lines(batch, take, on_damage);
        if (!has_line && batch.bytes.size() == most_batch_bytes) {
            // No end of a line in a whole batch.  A good line may begin near its end.
            parsed = most_batch_bytes - line::max_size;
            on_damage({batch.bytes.data(), parsed}, "no end of a line", parsed);
        }
        batch.to = segments.advance(from, parsed);
        return parsed > 0;
    }
}

} // namespace iptracking
