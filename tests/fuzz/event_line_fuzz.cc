// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/comma_line.h"
#include "event/event_line.h"
#include "event/stored_text.h"
#include "event/timestamp.h"
#include "fuzz.h"
#include "line/format.h"
#include "stored_text_rules.h"

#include <charconv>
#include <string>

using namespace iptracking;
using fuzz::must;

namespace {

void check_texts(std::string_view line, const Event &event) {
    const TextForm form = event.flags & flag::typed_texts ? TextForm::typed : TextForm::escaped;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Text::count_); ++i) {
        const TextPlace place = event.text(static_cast<Text>(i));
        if (place.offset == 0) {
            must(place.size == 0, "a text that is not there has no size");
            continue;
        }
        must(place.offset <= line.size() && place.size <= line.size() - place.offset, "a text lies within its line");
        std::string stored;
        append_stored_text(stored, line.substr(place.offset, place.size), form);
        must(test::is_stored_text(stored), "a text is stored as UTF-8 without control characters");
        if (form == TextForm::typed)
            must(test::undo(stored) == line.substr(place.offset, place.size), "a text can be undone to the same bytes");
    }
}

void check_counters(std::string_view line, const Event &event) {
    for (const TextPlace place : event.counters) {
        if (place.offset == 0)
            continue;
        must(place.offset <= line.size() && place.size <= line.size() - place.offset, "a counter lies within its line");
        std::int64_t number = 0;
        const char *const begin = line.data() + place.offset, *const end = begin + place.size;
        must(std::from_chars(begin, end, number).ptr == end && number >= 0 && place.size > 0, "a counter is a number");
    }
}

void check_address(const IpAddress &address) {
    if (!address.is_absent())
        must(IpAddress::parse(address.to_string()) == address, "an address that is written can be read again");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view line = fuzz::text_of(data, size);
    const ParsedLine parsed = parse_event_line(line);
    if (!parsed.event) {
        must(parsed.error.reason != nullptr, "a line that cannot be read has a reason");
        must(parsed.error.column >= 1, "a column counts from 1");
        must(parsed.error.column <= line.size() + 1 || parsed.error.column <= line::max_size + 1 + parsed.garbage,
             "a column lies within its line");
        return 0;
    }
    must(parsed.garbage < line.size(), "garbage is not the whole line");
    const std::string_view rest = line.substr(parsed.garbage);
    must(rest.size() < line::max_size, "an event is no longer than a pipe writes whole");
    must(rest.starts_with(line::magic) || begins_as_comma_line(rest), "behind the garbage a line begins");
    const Event &event = *parsed.event;
    must(event.line == 0, "the place of the line is the batch's to say");
    must(event.time_usec >= no_time && event.time_usec <= latest_time_usec, "a time has four digits of the year");
    must(event.pid >= 0, "a process id is not negative");
    if (event.time_usec != no_time)
        must(format_utc(event.time_usec).size() == 27, "a time is 27 characters long");
    must(std::string_view(name_of(event.kind)) != "", "a kind has a name");
    must((event.outcome == Outcome::none) == (name_of(event.outcome) == nullptr), "an outcome has a name");
    check_address(event.source);
    check_address(event.destination);
    check_texts(rest, event);
    check_counters(rest, event);

    const ParsedLine again = parse_event_line(rest);
    must(again.event && again.garbage == 0 && again.event->kind == event.kind && again.event->flags == event.flags &&
             again.event->source == event.source && again.event->time_usec == event.time_usec,
         "without the garbage it is the same event");
    return 0;
}
