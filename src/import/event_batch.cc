// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/event_batch.h"

namespace iptracking {

void append_to(Batch &batch, const FoundEvent &found) {
    Event event{.time_usec = found.time_usec,
                .line = batch.bytes.size(),
                .source = found.source,
                .destination = found.destination,
                .pid = found.pid,
                .source_port = found.source_port,
                .destination_port = found.destination_port,
                .kind = found.kind,
                .outcome = found.outcome,
                .flags = found.flags};
    batch.bytes.push_back('\n'); // a text at offset 0 would be none
    const auto append = [&](const std::string &text) {
        const TextPlace place{static_cast<std::uint16_t>(batch.bytes.size() - event.line),
                              static_cast<std::uint16_t>(text.size())};
        batch.bytes.insert(batch.bytes.end(), text.begin(), text.end());
        return place;
    };
    for (std::size_t i = 0; i < found.texts.size(); ++i)
        if (found.texts[i])
            event.texts[i] = append(*found.texts[i]);
    for (std::size_t i = 0; i < found.counters.size(); ++i)
        if (found.counters[i])
            event.counters[i] = append(std::to_string(*found.counters[i]));
    batch.events.push_back(event);
    ++batch.lines;
}

} // namespace iptracking
