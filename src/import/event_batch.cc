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
    for (std::size_t i = 0; i < found.texts.size(); ++i) {
        if (!found.texts[i])
            continue;
        const std::string &text = *found.texts[i];
        event.texts[i] = {static_cast<std::uint16_t>(batch.bytes.size() - event.line),
                          static_cast<std::uint16_t>(text.size())};
        batch.bytes.insert(batch.bytes.end(), text.begin(), text.end());
    }
    batch.events.push_back(event);
    ++batch.lines;
}

} // namespace iptracking
