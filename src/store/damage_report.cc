// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/damage_report.h"

#include "base/log.h"
#include "base/log_fields.h"

#include <chrono>

namespace iptracking {
namespace {

constexpr std::chrono::seconds report_interval{60};

} // namespace

void DamageReport::tell(std::string_view text, const char *reason, std::size_t column) {
    if (timer_.running())
        return;
    log(Level::warning,
        "a line cannot be read, column " + std::to_string(column) + ": " + reason + ": '" + printable(text) + "'",
        {{field::message_id, message::line_damaged}, {field::lines, std::to_string(damage_.count())}});
    rest();
}

void DamageReport::tell_skipped(std::string_view line, const std::string &why) {
    if (timer_.running())
        return;
    log(Level::error, "an event cannot be stored, and is left out: " + why + ": '" + printable(line) + "'",
        {{field::message_id, message::event_skipped}});
    rest();
}

void DamageReport::look_again() {
    if (damage_.count() == reported_)
        return;
    tell_sum();
    rest();
}

void DamageReport::tell_sum() {
    if (damage_.count() == reported_)
        return;
    log(Level::warning,
        std::to_string(damage_.count() - reported_) +
            " more lines could not be read; see 'damaged' in the state directory",
        {{field::message_id, message::line_damaged}, {field::lines, std::to_string(damage_.count())}});
    reported_ = damage_.count();
}

void DamageReport::rest() {
    reported_ = damage_.count();
    timer_.start(report_interval);
}

} // namespace iptracking
