// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"
#include "pool/batch.h"
#include "support.h"

#include <algorithm>
#include <string>
#include <vector>

using namespace iptracking;
using fuzz::must;

namespace {

/// Small segments, so that lines run over their ends.
constexpr std::uint64_t pool_size = 32 * 1024;
/// A line that is never ended fills the pool; that is not what is looked for here.
constexpr std::size_t longest_input = pool_size - 1024;

struct Outcomes {
    std::vector<std::string> events;
    std::string damage;
    std::uint64_t read = 0;
    bool operator==(const Outcomes &) const = default;
};

/// All that an event says but the time, which is that of now where the line has none.
std::string text_of(const Batch &batch, const Event &event) {
    std::string text =
        std::to_string(static_cast<int>(event.kind)) + " " + std::to_string(static_cast<int>(event.outcome)) + " " +
        event.source.to_string() + " " + std::to_string(event.source_port) + " " + event.destination.to_string() + " " +
        std::to_string(event.destination_port) + " " + std::to_string(event.pid) + " " + std::to_string(event.flags);
    for (std::size_t i = 0; i < static_cast<std::size_t>(Text::count_); ++i) {
        const std::string_view value = batch.text(event, static_cast<Text>(i));
        text.append(value.data() ? " =" : " -").append(value);
    }
    return text;
}

/// Takes the bytes piece by piece, and reads what can be read after each.
Outcomes take(test::Pool &pool, std::string_view bytes, std::size_t piece, std::size_t records) {
    Outcomes outcomes;
    Batch batch{.bytes = {}, .events = {}, .from = {1, 0}, .to = {1, 0}};
    const auto on_damage = [&](std::string_view text, const char *, std::size_t) {
        outcomes.damage.append(text).append("\n");
    };
    do {
        pool.take(bytes.substr(0, piece));
        bytes.remove_prefix(std::min(piece, bytes.size()));
        std::size_t free_records = records;
        while (fill(
            batch, pool.segments, batch.to, SIZE_MAX, [&] { return free_records > 0 && free_records-- > 0; },
            on_damage)) {
            must(batch.from < batch.to, "what was read has a size");
            outcomes.read += pool.segments.size_after(batch.from) - pool.segments.size_after(batch.to);
            for (const Event &event : batch.events)
                outcomes.events.push_back(text_of(batch, event));
            pool.segments.release_until(batch.to);
            free_records = records;
        }
    } while (!bytes.empty());
    return outcomes;
}

} // namespace

/// The first two bytes say how the others are cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size < 3 || size > longest_input)
        return 0;
    const std::string_view bytes = fuzz::text_of(data + 2, size - 2);
    test::Pool whole(pool_size), cut(pool_size);
    const Outcomes at_once = take(whole, bytes, bytes.size(), SIZE_MAX);
    const Outcomes piecewise = take(cut, bytes, data[0] * 8u + 1u, data[1] % 4u + 1u);
    must(at_once.events == piecewise.events, "the same events, however the bytes come");
    must(at_once.damage == piecewise.damage, "the same damage, however the bytes come");
    must(at_once.read == piecewise.read, "the same number of bytes, however they come");
    must(at_once.read == bytes.rfind('\n') + 1, "whole lines are read, and nothing else");
    return 0;
}
