// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/pictures.h"

#include "output/values.h"
#include "query/selection.h"
#include "report/treemap.h"
#include "report/words.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>

namespace iptracking {
namespace {

using kainjow::mustache::data;

constexpr double failed_height = 120, let_in_height = 60, hour_height = 18, tree_height = 280;
constexpr double usual_width = 900, narrow_width = 330; // of a tree, in pixels: what its boxes are made square for
constexpr double last_tick = 88;                        // percent: behind it is no room for a label on a phone
constexpr std::size_t most_ticks = 7, most_nets = 36, most_nets_of_narrow = 10;
constexpr int around_v4 = 16, around_v6 = 32;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.2f", value);
    return text;
}

data place(const Box &box, double of_width) {
    data mark;
    mark.set("x", number(box.x * 100 / of_width));
    mark.set("width", number(box.width * 100 / of_width));
    mark.set("y", number(box.y));
    mark.set("size", number(box.height));
    return mark;
}

std::string says(const Counts &counts) {
    return count_of(counts.attempts(), "attempt", "attempts") + ", " + with_commas(counts.successes) + " let in";
}

std::string minute_of(const Report &report, std::int64_t usec) {
    return time_for_people(usec, report.utc).substr(0, 16);
}

/// A row of bars, the highest of which is as high as there is room.
struct Bars {
    const char *css_class, *title, *what;
    double height;
    std::string step; ///< what a bar stands for, in words
    std::string (*amount)(std::int64_t value);

    data drawn(const std::vector<std::int64_t> &values, const std::function<std::string(std::size_t)> &label) const {
        const std::int64_t highest = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
        const double width = 100.0 / static_cast<double>(std::max<std::size_t>(1, values.size()));
        data marks{data::type::list};
        for (std::size_t i = 0; i < values.size(); ++i) {
            // What is there is seen.
            const double size =
                values[i] <= 0
                    ? 0
                    : std::max(1.0, (height - 1) * static_cast<double>(values[i]) / static_cast<double>(highest));
            data mark = place({static_cast<double>(i) * width, height - size, width, size}, 100);
            mark.set("bar", number(width * 0.86));
            mark.set("class", css_class);
            mark.set("says", label(i) + ": " + amount(values[i]) + " " + what);
            marks << mark;
        }
        data picture;
        picture.set("most", amount(highest));
        picture.set("height", number(height));
        picture.set("title", title);
        picture.set("description", "A bar for each " + step + "; the highest one stands for " + amount(highest) + ".");
        picture.set("marks", marks);
        return picture;
    }
};

data bars(const Report &report, std::int64_t Counts::*which, double height, const char *css_class, const char *title,
          const char *what) {
    std::vector<std::int64_t> values;
    for (const Slot &slot : report.slots)
        values.push_back(slot.counts.*which);
    const Bars row{css_class, title, what, height, span_in_words(report.slot_hours * 3'600'000'000), with_commas};
    return row.drawn(values, [&](std::size_t i) { return minute_of(report, report.slots[i].start_usec); });
}

data moved_bars(const Report &report, std::int64_t Moved::*which, const char *title, const char *what) {
    std::vector<std::int64_t> values;
    for (const Moved &day : report.moved_days)
        values.push_back(day.*which);
    const Bars row{"moved", title, what, let_in_height, "day", bytes_for_people};
    return row.drawn(values, [&](std::size_t i) { return report.moved_days[i].name; });
}

struct Group {
    double attempts = 0;
    std::vector<const Part *> nets; // the largest first
};

/// By the nets around them, the largest first.
std::vector<Group> groups_of(std::span<const Part> nets) {
    std::map<std::string, Group> found;
    for (const Part &net : nets) {
        const auto parsed = Net::parse(net.name);
        const int bits = parsed && parsed->address.is_v4() ? 96 + around_v4 : around_v6;
        const bool is_larger = parsed && parsed->bits < bits;
        Group &group =
            found[!parsed || is_larger ? net.name : Net::around(parsed->address, around_v4, around_v6).to_string()];
        group.attempts += static_cast<double>(net.counts.attempts());
        group.nets.push_back(&net);
    }
    std::vector<Group> groups;
    groups.reserve(found.size());
    for (auto &[name, group] : found)
        groups.push_back(std::move(group));
    std::stable_sort(groups.begin(), groups.end(),
                     [](const Group &one, const Group &other) { return one.attempts > other.attempts; });
    return groups;
}

data tree(std::span<const Part> nets, double width, const char *css_class) {
    const std::vector<Group> groups = groups_of(nets);
    std::vector<double> sizes;
    sizes.reserve(groups.size());
    for (const Group &group : groups)
        sizes.push_back(group.attempts);
    const std::vector<Box> boxes = squarified(sizes, {0, 0, width, tree_height});
    data leaves{data::type::list}, frames{data::type::list};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        frames << place(boxes[i], width);
        std::vector<double> parts;
        parts.reserve(groups[i].nets.size());
        for (const Part *net : groups[i].nets)
            parts.push_back(static_cast<double>(net->counts.attempts()));
        const std::vector<Box> inner = squarified(parts, boxes[i]);
        for (std::size_t k = 0; k < inner.size(); ++k) {
            const Part &net = *groups[i].nets[k];
            data leaf = place(inner[k], width);
            leaf.set("class", net.counts.successes > 0 ? "let-in" : "failed");
            leaf.set("label", shown(net.name));
            leaf.set("number", with_commas(net.counts.attempts()));
            leaf.set("says", shown(net.name) + ": " + says(net.counts));
            leaves << leaf;
        }
    }
    data picture;
    picture.set("class", css_class);
    picture.set("height", number(tree_height));
    picture.set("title", "Nets by attempts");
    picture.set("description", count_of(static_cast<std::int64_t>(nets.size()), "net", "nets") + "; the largest, " +
                                   shown(nets.front().name) + ", made " + says(nets.front().counts) + ".");
    picture.set("leaves", leaves);
    picture.set("groups", frames);
    return picture;
}

} // namespace

data bars_of(const Report &report) {
    data pictures{data::type::list};
    pictures << bars(report, &Counts::failures, failed_height, "failed", "Attempts that failed", "failed");
    pictures << bars(report, &Counts::successes, let_in_height, "let-in", "Attempts that succeeded", "let in");
    return pictures;
}

data ticks_of(const Report &report) {
    std::vector<std::size_t> places; // where another day begins
    const auto day_of = [&](std::size_t i) { return minute_of(report, report.slots[i].start_usec).substr(0, 10); };
    for (std::size_t i = 1; i < report.slots.size(); ++i)
        if (day_of(i) != day_of(i - 1))
            places.push_back(i);
    const bool by_hour = places.size() < 2;
    if (by_hour) {
        places.clear();
        for (std::size_t i = 0; i < report.slots.size(); ++i)
            places.push_back(i);
    }
    const std::size_t step = (places.size() + most_ticks - 1) / most_ticks;
    data ticks{data::type::list};
    for (std::size_t i = 0; i < places.size(); i += step) {
        const double x = 100.0 * static_cast<double>(places[i]) / static_cast<double>(report.slots.size());
        if (x > last_tick)
            break;
        data tick;
        tick.set("x", number(x));
        const std::string minute = minute_of(report, report.slots[places[i]].start_usec);
        tick.set("label", by_hour ? minute.substr(11) : minute.substr(5, 5));
        ticks << tick;
    }
    return ticks;
}

data moved_of(const Report &report) {
    data pictures{data::type::list};
    if (!report.moved_days.empty()) {
        pictures << moved_bars(report, &Moved::rx_bytes, "Received by day", "received");
        pictures << moved_bars(report, &Moved::tx_bytes, "Sent by day", "sent");
    }
    return pictures;
}

data moved_ticks_of(const Report &report) {
    data ticks{data::type::list};
    const std::size_t days = report.moved_days.size(), step = days / most_ticks + 1;
    for (std::size_t i = 0; i < days; i += step) {
        const double x = 100.0 * static_cast<double>(i) / static_cast<double>(days);
        if (x > last_tick)
            break;
        data tick;
        tick.set("x", number(x));
        tick.set("label", report.moved_days[i].name.substr(5));
        ticks << tick;
    }
    return ticks;
}

data week_of(const Report &report) {
    std::int64_t most = 1;
    std::size_t busy_day = 0, busy_hour = 0;
    for (std::size_t day = 0; day < report.week.size(); ++day)
        for (std::size_t hour = 0; hour < 24; ++hour)
            if (report.week[day][hour].attempts() > most) {
                most = report.week[day][hour].attempts();
                busy_day = day;
                busy_hour = hour;
            }
    data marks{data::type::list}, days{data::type::list}, hours{data::type::list};
    for (std::size_t day = 0; day < report.week.size(); ++day) {
        days << data(std::string(weekday_name(day)).substr(0, 3));
        for (std::size_t hour = 0; hour < 24; ++hour) {
            const Counts &counts = report.week[day][hour];
            data mark = place({static_cast<double>(hour), static_cast<double>(day) * hour_height, 1, hour_height}, 24);
            // The eye sees more of what is little.
            const double share = std::sqrt(static_cast<double>(counts.attempts()) / static_cast<double>(most));
            mark.set("opacity", number(counts.attempts() == 0 ? 0.05 : 0.12 + 0.88 * share));
            mark.set("says", std::string(weekday_name(day)) + " " + hour_name(hour) + ": " + says(counts));
            marks << mark;
        }
    }
    for (std::size_t hour = 0; hour < 24; hour += 4) {
        data tick;
        tick.set("x", number(100.0 * static_cast<double>(hour) / 24));
        tick.set("label", hour_name(hour));
        hours << tick;
    }
    data picture;
    picture.set("height", number(hour_height * static_cast<double>(report.week.size())));
    picture.set("title", "Attempts by weekday and hour");
    picture.set("description", "Most on " + std::string(weekday_name(busy_day)) + " at " + hour_name(busy_hour) + ": " +
                                   says(report.week[busy_day][busy_hour]) + ".");
    picture.set("marks", marks);
    picture.set("days", days);
    picture.set("hours", hours);
    return picture;
}

data trees_of(const Report &report) {
    data trees{data::type::list};
    if (report.nets.empty())
        return trees;
    const std::span<const Part> nets = report.nets;
    trees << tree(nets.first(std::min(nets.size(), most_nets)), usual_width, "wide");
    trees << tree(nets.first(std::min(nets.size(), most_nets_of_narrow)), narrow_width, "narrow");
    return trees;
}

} // namespace iptracking
