// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/safe_text.h"
#include "output/terminal.h"
#include "output/values.h"
#include "report/render.h"
#include "report/words.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace iptracking {
namespace {

constexpr std::size_t width = 78, number_width = 10, name_width = 30, ratio_width = 7, weekday_width = 4,
                      bytes_width = 12;
constexpr std::size_t most_lines = 28, most_parts = 12, most_listed = 10;

std::string padded(std::string text, std::size_t columns) {
    const std::size_t taken = columns_of(text);
    return taken >= columns ? text : text.append(columns - taken, ' ');
}

std::string to_the_right(const std::string &text, std::size_t columns) {
    const std::size_t taken = columns_of(text);
    return taken >= columns ? text : std::string(columns - taken, ' ') + text;
}

/// A stored text as one word that fits.
std::string name_in(const std::string &stored, std::size_t columns) {
    return padded(cut_to_columns(terminal_word(stored), columns), columns);
}

std::string known(const std::string &stored) {
    return stored.empty() ? "-" : terminal_word(stored);
}

template <class T> std::span<const T> first_of(const std::vector<T> &items) {
    return std::span(items).first(std::min(items.size(), most_listed));
}

class ReportText {
public:
    explicit ReportText(const Report &report) : report_(report) {}

    std::string run() {
        line("Logins from " + time(report_.since_usec) + " to " + time(report_.until_usec));
        line(cut_to_columns("asked on " + terminal_text(report_.host) + " of " + terminal_text(report_.database),
                            width));
        line("");
        for (const std::string &sentence : headline(report_))
            wrap(terminal_text(sentence));
        list_logins("Success after failures", report_.after_failures, true);
        list_logins("New for the user", report_.new_pairs, false);
        list_open_sessions();
        draw_slots();
        draw_week();
        draw_parts("Nets", report_.nets);
        draw_parts("Users", report_.users);
        draw_moved_days();
        draw_moved("Users who moved most", report_.moved_users, most_parts);
        list_new_keys();
        return text_;
    }

private:
    void line(std::string text) {
        text.erase(text.find_last_not_of(' ') + 1);
        text_ += text + "\n";
    }
    void heading(const std::string &text) {
        line("");
        line(text);
        line(std::string(columns_of(text), '-'));
    }
    std::string time(std::int64_t usec) const { return time_for_people(usec, report_.utc); }

    /// As an item of a list, at blanks.
    void wrap(const std::string &sentence) {
        std::string current = "*";
        for (std::size_t at = 0; at < sentence.size();) {
            const std::size_t end = std::min(sentence.find(' ', at), sentence.size());
            const std::string word = sentence.substr(at, end - at);
            if (columns_of(current) + 1 + columns_of(word) > width && current.size() > 2) {
                line(current);
                current = " ";
            }
            current += " " + word;
            at = end + 1;
        }
        line(cut_to_columns(current, width));
    }

    template <class T> void rest_of(const Listed<T> &list) {
        const std::int64_t rest = list.total - static_cast<std::int64_t>(first_of(list.shown).size());
        if (rest > 0)
            line("and " + number_of(rest, list.at_least) + " more");
    }

    void list_logins(const char *title, const Listed<Login> &logins, bool with_failures) {
        if (logins.total == 0)
            return;
        heading(title);
        for (const Login &login : first_of(logins.shown)) {
            const std::string what = with_failures ? count_of(login.failures, "failure", "failures") : "";
            const std::string rest = known(login.source) + " " + known(login.service) + " " + known(login.host);
            line(cut_to_columns(time(login.time_usec) + "  " + name_in(login.user, 16) +
                                    (with_failures ? " " + to_the_right(what, 14) + " " : " ") + rest,
                                width));
        }
        rest_of(logins);
    }

    void list_open_sessions() {
        if (report_.open.total == 0)
            return;
        heading("Open sessions");
        for (const OpenSession &session : first_of(report_.open.shown))
            line(cut_to_columns(time(session.start_usec) + "  " + name_in(session.user, 16) + " " +
                                    known(session.source) + " " + known(session.tty) + " " + known(session.service) +
                                    " " + known(session.host),
                                width));
        rest_of(report_.open);
    }

    /// Of a day each, where there would be too many.
    void draw_slots() {
        const std::size_t together = (report_.slots.size() + most_lines - 1) / most_lines;
        if (together == 0 || report_.total.attempts() == 0)
            return;
        std::vector<Slot> slots;
        for (std::size_t i = 0; i < report_.slots.size(); ++i) {
            if (i % together == 0)
                slots.push_back({report_.slots[i].start_usec, {}});
            slots.back().counts += report_.slots[i].counts;
        }
        std::int64_t most = 1;
        for (const Slot &slot : slots)
            most = std::max(most, slot.counts.attempts());
        heading("Attempts, and how many succeeded");
        for (const Slot &slot : slots)
            line(time(slot.start_usec).substr(0, 16) + "  " + numbers(slot.counts) + "  " +
                 drawn(slot.counts.attempts(), most, width - 16 - 2 * number_width - 4));
    }

    static std::string numbers(const Counts &counts) {
        return to_the_right(with_commas(counts.attempts()), number_width) +
               to_the_right(with_commas(counts.successes), number_width);
    }
    static std::string drawn(std::int64_t number, std::int64_t most, std::size_t columns) {
        return bar(static_cast<double>(number) / static_cast<double>(most), static_cast<unsigned>(columns));
    }

    /// A character an hour: the darker the more.
    void draw_week() {
        if (report_.total.attempts() == 0)
            return;
        std::int64_t most = 1;
        for (const auto &day : report_.week)
            for (const Counts &hour : day)
                most = std::max(most, hour.attempts());
        heading("Attempts by weekday and hour");
        std::string hours(weekday_width, ' ');
        for (std::size_t hour = 0; hour < report_.week[0].size(); ++hour)
            hours += to_the_right(std::to_string(hour), 3);
        line(hours);
        for (std::size_t day = 0; day < report_.week.size(); ++day) {
            std::string text = padded(std::string(weekday_name(day)).substr(0, 3), weekday_width);
            for (const Counts &hour : report_.week[day])
                text += shade(hour.attempts(), most);
            line(text);
        }
    }

    static std::string shade(std::int64_t number, std::int64_t most);

    void draw_parts(const char *title, const std::vector<Part> &parts) {
        if (parts.empty())
            return;
        heading(std::string(title) + ": attempts, successes, ratio");
        for (std::size_t i = 0; i < std::min(parts.size(), most_parts); ++i) {
            const Counts &counts = parts[i].counts;
            line(name_in(parts[i].name, name_width) + numbers(counts) +
                 to_the_right(percentage(counts.success_ratio().value_or(0)), ratio_width + 1) + "  " +
                 drawn(counts.attempts(), parts.front().counts.attempts(),
                       width - name_width - 2 * number_width - ratio_width - 3));
        }
    }

    /// Of some days together, where there would be too many.
    void draw_moved_days() {
        const std::size_t together = (report_.moved_days.size() + most_lines - 1) / most_lines;
        std::vector<Moved> lines;
        for (std::size_t i = 0; i < report_.moved_days.size(); ++i) {
            const Moved &day = report_.moved_days[i];
            if (i % together == 0)
                lines.push_back({.name = day.name});
            lines.back().rx_bytes += day.rx_bytes;
            lines.back().tx_bytes += day.tx_bytes;
        }
        draw_moved("Traffic by day", lines, most_lines);
    }

    void draw_moved(const std::string &title, const std::vector<Moved> &items, std::size_t at_most) {
        if (items.empty())
            return;
        std::int64_t most = 1;
        for (const Moved &item : items)
            most = std::max(most, item.bytes());
        heading(title + ": received, sent");
        for (const Moved &item : std::span(items).first(std::min(items.size(), at_most)))
            line(name_in(item.name, name_width - 6) + to_the_right(bytes_for_people(item.rx_bytes), bytes_width) +
                 to_the_right(bytes_for_people(item.tx_bytes), bytes_width) + "  " +
                 drawn(item.bytes(), most, width - name_width + 6 - 2 * bytes_width - 2));
    }

    void list_new_keys() {
        if (report_.new_keys.total == 0)
            return;
        heading("New keys");
        for (const NewKey &key : first_of(report_.new_keys.shown)) {
            const std::string user = key.users.empty() ? "" : key.users.front();
            line(cut_to_columns(time(key.time_usec).substr(0, 16) + " " + name_in(user, 10) + " " + known(key.key),
                                width));
        }
        rest_of(report_.new_keys);
    }

    const Report &report_;
    std::string text_;
};

std::string ReportText::shade(std::int64_t number, std::int64_t most) {
    static constexpr const char *blocks[] = {"  ·", " ░░", " ▒▒", " ▓▓", " ██"};
    static constexpr const char *letters[] = {"  .", "  -", "  +", "  *", "  #"};
    // The eye sees more of what is little.
    const double share = std::sqrt(static_cast<double>(number) / static_cast<double>(most));
    const auto level = static_cast<std::size_t>(number == 0 ? 0 : std::min(4.0, 1 + 4 * share));
    return (locale_is_utf8() ? blocks : letters)[level];
}

} // namespace

std::string report_as_text(const Report &report) {
    return ReportText(report).run();
}

} // namespace iptracking
