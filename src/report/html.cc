// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "output/values.h"
#include "report/page.h"
#include "report/pictures.h"
#include "report/render.h"
#include "report/words.h"

#include <algorithm>

namespace iptracking {
namespace {

using kainjow::mustache::data;

constexpr std::size_t most_ratios = 12, most_names = 5;

std::string known(const std::string &stored) {
    return stored.empty() ? "–" : shown(stored);
}

class Page {
public:
    explicit Page(const Report &report) : report_(report) {}

    data run() {
        page_.set("host", shown(report_.host));
        page_.set("database", shown(report_.database));
        page_.set("since", time(report_.since_usec));
        page_.set("until", time(report_.until_usec));
        page_.set("made", time(report_.made_usec));
        page_.set("zone", report_.utc ? "in UTC" : "of the local zone");
        page_.set("version", IPTRACKING_VERSION);
        data sentences{data::type::list};
        for (const std::string &sentence : headline(report_))
            sentences << data(sentence);
        page_.set("headline", sentences);
        page_.set("numbers", numbers());
        page_.set("after_failures", listed(report_.after_failures));
        page_.set("new_pairs", listed(report_.new_pairs));
        page_.set("open", listed(report_.open));
        page_.set("bars", bars_of(report_));
        page_.set("ticks", ticks_of(report_));
        page_.set("week", week_of(report_));
        page_.set("trees", trees_of(report_));
        data ratios{data::type::list};
        add_ratios(ratios, "User", report_.users);
        add_ratios(ratios, "Net", report_.nets);
        page_.set("ratios", ratios);
        page_.set("traffic", traffic());
        page_.set("new_keys", listed(report_.new_keys));
        return page_;
    }

private:
    std::string time(std::int64_t usec) const { return time_for_people(usec, report_.utc); }

    data numbers() const {
        data list{data::type::list};
        const auto add = [&](const char *what, const std::string &number) {
            data item;
            item.set("what", what);
            item.set("number", number);
            list << item;
        };
        add("attempts", with_commas(report_.total.attempts()));
        add("failed", with_commas(report_.total.failures));
        add("let in", with_commas(report_.total.successes));
        const auto ratio = report_.total.success_ratio();
        add("success ratio", ratio ? percentage(*ratio) : "–");
        add("sessions begun", with_commas(report_.total.sessions));
        add("open now", with_commas(report_.open.total));
        return list;
    }

    data row(const Login &login) const {
        data cells;
        cells.set("time", time(login.time_usec));
        cells.set("user", shown(login.user));
        cells.set("source", known(login.source));
        cells.set("failures", with_commas(login.failures));
        cells.set("service", known(login.service));
        cells.set("on", known(login.host));
        return cells;
    }
    data row(const OpenSession &session) const {
        data cells;
        cells.set("time", time(session.start_usec));
        cells.set("user", shown(session.user));
        cells.set("source", known(session.source));
        cells.set("tty", known(session.tty));
        cells.set("service", known(session.service));
        cells.set("on", known(session.host));
        return cells;
    }

    data row(const NewKey &key) const {
        data cells;
        cells.set("time", time(key.time_usec));
        cells.set("key", shown(key.key));
        cells.set("users", joined(key.users));
        cells.set("addresses", joined(key.addresses));
        return cells;
    }

    static std::string joined(const std::vector<std::string> &names) {
        std::string text;
        for (std::size_t i = 0; i < std::min(names.size(), most_names); ++i)
            text.append(i == 0 ? "" : ", ").append(shown(names[i]));
        return names.empty() ? "–" : names.size() > most_names ? text + " …" : text;
    }

    /// False where nothing was counted.
    data traffic() const {
        if (report_.moved_days.empty())
            return data(false);
        data rows{data::type::list};
        for (const Moved &user : report_.moved_users) {
            data cells;
            cells.set("name", shown(user.name));
            cells.set("sessions", with_commas(user.sessions));
            cells.set("received", bytes_for_people(user.rx_bytes));
            cells.set("sent", bytes_for_people(user.tx_bytes));
            rows << cells;
        }
        data section;
        section.set("pictures", moved_of(report_));
        section.set("days", moved_ticks_of(report_));
        section.set("rows", rows);
        return section;
    }

    /// False where there are none.
    template <class T> data listed(const Listed<T> &list) const {
        if (list.total == 0)
            return data(false);
        data rows{data::type::list};
        for (const T &item : list.shown)
            rows << row(item);
        data table;
        table.set("rows", rows);
        const std::int64_t more = list.total - static_cast<std::int64_t>(list.shown.size());
        table.set("more", more > 0 ? data(number_of(more, list.at_least)) : data(false));
        return table;
    }

    static void add_ratios(data &ratios, const char *of, const std::vector<Part> &parts) {
        data rows{data::type::list};
        for (std::size_t i = 0; i < std::min(parts.size(), most_ratios); ++i) {
            const Counts &counts = parts[i].counts;
            const double ratio = counts.success_ratio().value_or(0);
            data cells;
            cells.set("name", shown(parts[i].name));
            cells.set("attempts", with_commas(counts.attempts()));
            cells.set("successes", with_commas(counts.successes));
            cells.set("ratio", percentage(ratio));
            cells.set("share", std::to_string(ratio * 100));
            cells.set("description", "Of " + count_of(counts.attempts(), "attempt", "attempts") + " of " +
                                         shown(parts[i].name) + " " + with_commas(counts.successes) + " succeeded.");
            rows << cells;
        }
        if (parts.empty())
            return;
        data table;
        table.set("of", of);
        table.set("rows", rows);
        ratios << table;
    }

    const Report &report_;
    data page_;
};

} // namespace

std::string report_as_html(const Report &report) {
    kainjow::mustache::mustache page(report_page);
    std::string html = page.render(Page(report).run());
    if (!page.is_valid())
        throw Error("the page cannot be made: " + page.error_message());
    return html;
}

} // namespace iptracking
