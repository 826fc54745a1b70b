// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/found_line.h"

#include "event/event_line.h"
#include "import/words.h"
#include "store/row.h"

namespace iptracking {

std::optional<FoundEvent> read_found_line(std::string_view line) {
    const ParsedLine parsed = parse_event_line(line);
    if (!parsed.event || parsed.event->kind == EventKind::sample)
        return std::nullopt;
    const Event &event = *parsed.event;
    Batch batch;
    batch.bytes.assign(line.begin() + static_cast<std::ptrdiff_t>(parsed.garbage), line.end());
    RowReader row(batch);
    row.read(event);
    FoundEvent found{.time_usec = event.time_usec,
                     .kind = event.kind,
                     .outcome = event.outcome,
                     .source = event.source,
                     .destination = event.destination,
                     .source_port = event.source_port,
                     .destination_port = event.destination_port,
                     .pid = event.pid,
                     .flags = static_cast<std::uint16_t>(row.flags())};
    for (std::size_t i = 0; i < found.texts.size(); ++i)
        if (const StoredValue &text = row[static_cast<Text>(i)]; text.present)
            found.texts[i] = text.text;
    if (event.text(Text::host).offset == 0)
        found.text(Text::host).reset(); // not this machine
    found.counters = row.counters();
    return found;
}

std::optional<Origin> origin_in_line(std::string_view line) noexcept {
    while (!line.empty()) {
        std::string_view word = words::take_first(line);
        if (words::drop_prefix(word, "origin="))
            return origin_of(word);
    }
    return Origin::live;
}

} // namespace iptracking
