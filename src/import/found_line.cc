// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/found_line.h"

#include "event/event_line.h"
#include "event/stored_text.h"
#include "import/words.h"

namespace iptracking {

std::optional<FoundEvent> read_found_line(std::string_view line) {
    const ParsedLine parsed = parse_event_line(line);
    if (!parsed.event)
        return std::nullopt;
    const Event &event = *parsed.event;
    FoundEvent found{.time_usec = event.time_usec,
                     .kind = event.kind,
                     .outcome = event.outcome,
                     .source = event.source,
                     .destination = event.destination,
                     .source_port = event.source_port,
                     .destination_port = event.destination_port,
                     .pid = event.pid,
                     .flags = static_cast<std::uint16_t>(event.flags & flag::stored)};
    const bool is_typed = event.flags & flag::typed_texts;
    for (std::size_t i = 0; i < plain_texts; ++i) {
        const TextPlace place = event.texts[i];
        if (place.offset == 0)
            continue;
        const std::string_view value = line.substr(parsed.garbage + place.offset, place.size);
        found.set_text(static_cast<Text>(i), is_typed ? std::string(value) : typed_text(value));
    }
    if (found.flags & flag::empty_user)
        found.text(Text::user) = empty_user_text;
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
