// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/report.h"

#include <cmath>

namespace iptracking {

inline constexpr char hostile_name[] = "<script>alert(1)</script>\xe2\x80\xae\"'&{{host}}";

/// A week with scanners, a few users, and hostile names.  Times are UTC.
inline Report sample_report() {
    constexpr std::int64_t hour = 3'600'000'000, monday = 1'794'787'200'000'000; // 2026-11-16T00:00:00Z
    Report report{.host = "www.example.net", .database = "sqlite3 /var/lib/iptracking/iptracking.sqlite3"};
    report.made_usec = report.until_usec = monday + 7 * 24 * hour;
    report.since_usec = monday;
    report.utc = true;
    report.slot_hours = 2;
    for (std::int64_t i = 0; i < 7 * 24; ++i) {
        Counts counts{.events = 20 + i,
                      .failures = 10 + (i * 37) % 90 + (i == 50 ? 400 : 0),
                      .successes = i % 5 == 0,
                      .sessions = i % 5 == 0};
        report.total += counts;
        report.week[static_cast<std::size_t>(i / 24)][static_cast<std::size_t>(i % 24)] += counts;
        if (i % 2 == 0)
            report.slots.push_back({monday + i * hour, {}});
        report.slots.back().counts += counts;
    }
    report.before = {.events = 9000, .failures = 7000, .successes = 30, .sessions = 30};
    for (int i = 0; i < 40; ++i)
        report.nets.push_back({(i % 3 ? "192.0." : "198.51.") + std::to_string(100 + i) + ".0/24",
                               {.failures = 4000 / (i + 1), .successes = i % 7 == 0 ? 20 : 0}});
    report.nets.push_back({"2001:db8:0:1::/64", {.failures = 60}});
    report.users = {{"root", {.failures = 5000}},
                    {"alice", {.failures = 3, .successes = 40}},
                    {hostile_name, {.failures = 9}},
                    {"", {.failures = 4}}};
    report.open = {{{"bob", "192.0.2.7", "sshd", "pts/0", "www", monday - 400 * hour},
                    {"carol", "", "login", "tty1", "www", monday}},
                   2};
    report.new_pairs = {{{monday + 50 * hour, "alice", "2001:db8::7", "sshd", "www", 0}}, 1};
    report.after_failures = {{{monday + 60 * hour, hostile_name, "203.0.113.9", "sshd", "www", 14}}, 31};
    for (int i = 16; i < 23; ++i)
        report.moved_days.push_back(
            {.name = "2026-11-" + std::to_string(i), .sessions = 1, .rx_bytes = i * 1'000'000, .tx_bytes = i % 3});
    report.moved_users = {{"alice", 40, 3'000'000'000, 1'234'567}, {hostile_name, 1, 0, 512}};
    report.new_keys = {
        {{monday, "SHA256:dB1c1jdyf0V5dh3QIPXlNMe7ZDfxoBZQTzXcUcVd6xA", {"alice", hostile_name}, {"192.0.2.7"}},
         {monday, hostile_name, {}, {}}},
        31};
    return report;
}

} // namespace iptracking
