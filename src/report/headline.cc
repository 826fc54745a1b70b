// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/safe_text.h"
#include "output/values.h"
#include "report/report.h"
#include "report/words.h"

#include <algorithm>
#include <cmath>

namespace iptracking {
namespace {

/// Against the same time before; nothing where there is nothing to compare with.
std::string compared(const Report &report) {
    const auto now = static_cast<double>(report.total.attempts());
    const auto before = static_cast<double>(report.before.attempts());
    if (before <= 0)
        return "";
    std::string span = span_in_words(report.until_usec - report.since_usec);
    if (span.starts_with("1 "))
        span.erase(0, 2);
    const std::string then = " in the " + span + " before";
    const double change = now / before - 1;
    if (std::abs(change) < 0.05)
        return ", about as many as" + then;
    if (change >= 1)
        return ", " + with_commas(std::lround(now / before)) + " times as many as" + then;
    return ", " + with_commas(std::lround(std::abs(change) * 100)) + "% " + (change > 0 ? "more" : "fewer") + " than" +
           then;
}

/// A name is one word of the sentence, whatever it says.
std::string name(const std::string &stored) {
    return without_blanks(shown(stored));
}

std::string who(const Login &login) {
    return name(login.user) + (login.source.empty() ? "" : " from " + name(login.source));
}

std::string attempts(const Report &report) {
    const Counts &total = report.total;
    if (total.attempts() == 0)
        return "Nobody tried to log in.";
    return count_of(total.attempts(), "attempt", "attempts") + " to log in" + compared(report) + "; " +
           percentage(1 - *total.success_ratio()) + " failed.";
}

std::string after_failures(const Report &report) {
    if (report.after_failures.total == 0)
        return "Nobody was let in after attempts that failed.";
    const Login &last = report.after_failures.shown.front();
    return "Look at these first: " + number_of(report.after_failures.total, report.after_failures.at_least) +
           (report.after_failures.total == 1 ? " login" : " logins") + " after attempts that failed, the last one " +
           who(last) + " after " + count_of(last.failures, "failure", "failures") + ".";
}

std::string new_pairs(const Report &report) {
    if (report.new_pairs.total == 0)
        return "Nobody logged in from a new address.";
    return count_of(report.new_pairs.total, "login", "logins") +
           " from an address that was new for the user, the last one " + who(report.new_pairs.shown.front()) + ".";
}

std::string open_sessions(const Report &report) {
    if (report.open.total == 0)
        return "No session is open.";
    const OpenSession &first = report.open.shown.front();
    return (report.open.total == 1 ? "1 session is" : with_commas(report.open.total) + " sessions are") +
           " open, the first since " + time_for_people(first.start_usec, report.utc) + " (" + name(first.user) + ").";
}

std::string where_from(const Report &report) {
    const Part &first = report.nets.front();
    const double share = static_cast<double>(first.counts.attempts()) / static_cast<double>(report.total.attempts());
    std::size_t day = 0, hour = 0;
    for (std::size_t d = 0; d < report.week.size(); ++d)
        for (std::size_t h = 0; h < report.week[d].size(); ++h)
            if (report.week[d][h].attempts() > report.week[day][hour].attempts()) {
                day = d;
                hour = h;
            }
    return "Most came from " + shown(first.name) + " (" + percentage(std::min(share, 1.0)) + "), most of all on " +
           std::string(weekday_name(day)) + " at " + hour_name(hour) + ".";
}

} // namespace

std::vector<std::string> headline(const Report &report) {
    std::vector<std::string> sentences{attempts(report), after_failures(report), new_pairs(report),
                                       open_sessions(report)};
    if (!report.nets.empty() && report.total.attempts() > 0)
        sentences.insert(sentences.begin() + 1, where_from(report));
    return sentences;
}

} // namespace iptracking
