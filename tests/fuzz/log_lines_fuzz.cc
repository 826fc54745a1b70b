// SPDX-License-Identifier: GPL-2.0-or-later
// A text file with lines of sshd, of which anybody may have written any.
#include "event/timestamp.h"
#include "fuzz.h"
#include "import/log_line.h"
#include "import/sshd_assembly.h"
#include "stored_text_rules.h"

#include <string>
#include <vector>

using namespace iptracking;
using fuzz::must;

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    }
    return lines;
}

void check(const FoundEvent &event) {
    must(event.time_usec >= 0 && event.time_usec <= latest_time_usec, "a time has four digits of the year");
    must(event.kind != EventKind::unknown, "the kind is known");
    must(event.pid >= 0, "a process id is not negative");
    for (const auto &text : event.texts)
        must(!text || test::is_stored_text(*text), "a text is stored as UTF-8 without control characters");
}

void check(std::string_view text, const SshdMessage &message) {
    for (const std::string_view part : {message.method, message.user, message.rhost, message.tty})
        must(part.size() <= text.size(), "a text is no longer than the message");
    must(message.count >= 1 && message.count <= 1'000, "what is repeated has a limit");
    must(sshd_text(message.user).size() <= message.user.size(), "what was escaped is no longer than its escapes");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::vector<std::string_view> lines = lines_of(fuzz::text_of(data, size));
    LogYears years(1'700'000'000'000'000, {});
    for (std::string_view line : lines)
        if (const auto stamp = take_log_stamp(line))
            years.see(*stamp);
    years.begin();

    std::size_t events = 0, most = 0;
    SshdAssembly assembly(Origin::text, [&](FoundEvent &&event) {
        check(event);
        ++events;
    });
    LogTime time;
    for (const std::string_view text : lines) {
        auto line = read_log_line(text);
        if (!line)
            continue;
        line->stamp.year = years.year(line->stamp);
        const auto usec = time.usec(line->stamp);
        const auto message = read_sshd_message(line->message);
        if (!message)
            continue;
        check(line->message, *message);
        most += static_cast<std::size_t>(message->count);
        if (usec && most < 100'000)
            assembly.take({*usec, line->host, line->pid, *message});
    }
    assembly.finish();
    must(events <= most, "a message is one event at most");
    return 0;
}
