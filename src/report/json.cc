// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/json.h"

#include "report/render.h"
#include "report/words.h"

namespace iptracking {
namespace {

class ReportJson {
public:
    explicit ReportJson(const Report &report) : report_(report) {}

    std::string run() {
        json_.begin_object();
        add("host", report_.host);
        add("database", report_.database);
        add_time("made", report_.made_usec);
        add_time("since", report_.since_usec);
        add_time("until", report_.until_usec);
        list("headline", headline(report_), [&](const std::string &sentence) { json_.text(sentence); });
        object("total", report_.total);
        object("before", report_.before);
        json_.name("slot_seconds");
        json_.number(report_.slot_hours * 3600);
        list("over_time", report_.slots, [&](const Slot &slot) {
            json_.begin_object();
            add_time("start", slot.start_usec);
            add(slot.counts);
            json_.end_object();
        });
        week();
        parts("nets", "net", report_.nets);
        parts("users", "user", report_.users);
        add("open_sessions_total", report_.open.total);
        list("open_sessions", report_.open.shown, [&](const OpenSession &session) { add(session); });
        add("new_pairs_total", report_.new_pairs.total);
        list("new_pairs", report_.new_pairs.shown, [&](const Login &login) { add(login, false); });
        add("success_after_failures_total", report_.after_failures.total);
        list("success_after_failures", report_.after_failures.shown, [&](const Login &login) { add(login, true); });
        moved("traffic_days", "day", report_.moved_days);
        moved("traffic_users", "user", report_.moved_users);
        add("new_keys_total", report_.new_keys.total);
        list("new_keys", report_.new_keys.shown, [&](const NewKey &key) {
            json_.begin_object();
            add_time("time", key.time_usec);
            add("key", key.key);
            list("users", key.users, [&](const std::string &user) { json_.text(user); });
            list("addresses", key.addresses, [&](const std::string &address) { json_.text(address); });
            json_.end_object();
        });
        json_.end_object();
        return json_.take() + "\n";
    }

private:
    void add(const char *name, const std::string &text) {
        json_.name(name);
        json_.text(text);
    }
    void add(const char *name, std::int64_t number) {
        json_.name(name);
        json_.number(number);
    }
    /// What is not known is null.
    void add_known(const char *name, const std::string &text) {
        json_.name(name);
        if (text.empty())
            json_.null();
        else
            json_.text(text);
    }
    void add_time(const char *name, std::int64_t usec) {
        json_.name(name);
        json_.time(usec, report_.utc);
    }
    void add(const Counts &counts) {
        add("events", counts.events);
        add("attempts", counts.attempts());
        add("failures", counts.failures);
        add("successes", counts.successes);
        add("sessions", counts.sessions);
        json_.name("success_ratio");
        if (const auto ratio = counts.success_ratio())
            json_.real(*ratio);
        else
            json_.null();
    }
    void object(const char *name, const Counts &counts) {
        json_.name(name);
        json_.begin_object();
        add(counts);
        json_.end_object();
    }
    template <class Items, class Add> void list(const char *name, const Items &items, const Add &add_item) {
        json_.name(name);
        json_.begin_array();
        for (const auto &item : items)
            add_item(item);
        json_.end_array();
    }

    void week() {
        json_.name("week");
        json_.begin_array();
        for (std::size_t day = 0; day < report_.week.size(); ++day)
            for (std::size_t hour = 0; hour < report_.week[day].size(); ++hour) {
                json_.begin_object();
                add("weekday", std::string(weekday_name(day)));
                add("hour", static_cast<std::int64_t>(hour));
                add(report_.week[day][hour]);
                json_.end_object();
            }
        json_.end_array();
    }
    void parts(const char *name, const char *key, const std::vector<Part> &items) {
        list(name, items, [&](const Part &part) {
            json_.begin_object();
            add(key, part.name);
            add(part.counts);
            json_.end_object();
        });
    }
    void moved(const char *name, const char *key, const std::vector<Moved> &items) {
        list(name, items, [&](const Moved &item) {
            json_.begin_object();
            add(key, item.name);
            add("sessions", item.sessions);
            add("rx_bytes", item.rx_bytes);
            add("tx_bytes", item.tx_bytes);
            json_.end_object();
        });
    }
    void add(const OpenSession &session) {
        json_.begin_object();
        add("user", session.user);
        add_known("source", session.source);
        add_known("service", session.service);
        add_known("tty", session.tty);
        add_known("host", session.host);
        add_time("start", session.start_usec);
        json_.end_object();
    }
    void add(const Login &login, bool with_failures) {
        json_.begin_object();
        add_time("time", login.time_usec);
        add("user", login.user);
        add_known("source", login.source);
        add_known("service", login.service);
        add_known("host", login.host);
        if (with_failures)
            add("failures", login.failures);
        json_.end_object();
    }

    const Report &report_;
    Json json_;
};

} // namespace

std::string report_as_json(const Report &report) {
    return ReportJson(report).run();
}

} // namespace iptracking
