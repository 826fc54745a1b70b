// SPDX-License-Identifier: GPL-2.0-or-later
// The verbs that count: top, failures, new, keys, daily.
#include "client/asking_verb.h"
#include "client/verbs.h"
#include "client/words.h"
#include "output/safe_text.h"
#include "output/terminal.h"
#include "output/values.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::int64_t shown = 10;                     // unless -n says more
constexpr unsigned shortest_bar = 8, longest_bar = 40; // in columns of the terminal

class TopVerb final : public AskingVerb {
public:
    TopVerb() : AskingVerb({.reverse = false}) {}

private:
    void declare_own(OptionList &options) override {
        options.word("addresses|users|nets|hosts|services|total", what_,
                     "By address unless given; hosts: that recorded it; total: all in one row");
        nets_.declare(options);
    }

    void read_own() override {
        static constexpr Choice<TopBy> words[] = {{"addresses", TopBy::addresses}, {"users", TopBy::users},
                                                  {"nets", TopBy::nets},           {"hosts", TopBy::hosts},
                                                  {"services", TopBy::services},   {"total", TopBy::total}};
        top_.by = chosen("top", what_, words);
        nets_.read("top", top_.by == TopBy::nets, top_.prefix, top_.prefix6);
        top_.limit = output_.lines(shown);
    }

    int ask(AskedDatabase &database, const Selection &selection) override {
        return show(top_columns(top_.by), [&](const RowSink &sink) { ask_top(database, selection, top_, sink); });
    }

    std::optional<std::string> what_;
    NetOptions nets_;
    Top top_;
};

class Failures final : public AskingVerb {
public:
    Failures() : AskingVerb({.reverse = false}) {}

private:
    void declare_own(OptionList &options) override {
        options.value("--by", "address|net|user", by_word_, "Counted by address unless given");
        options.flag("--then-success", then_success_,
                     "Successes after attempts from the same address that failed within the hour before");
    }

    void read_own() override {
        static constexpr Choice<TopBy> words[] = {
            {"address", TopBy::addresses}, {"net", TopBy::nets}, {"user", TopBy::users}};
        by_ = chosen("--by", by_word_, words);
        if (then_success_ && by_word_)
            throw UsageError("--then-success lists successes: it does not go with --by");
        lines_ = output_.lines(shown);
    }

    int ask(AskedDatabase &database, const Selection &selection) override {
        if (then_success_)
            return show(then_success_columns(),
                        [&](const RowSink &sink) { ask_then_success(database, selection, lines_, sink); });
        return show(failures_columns(by_),
                    [&](const RowSink &sink) { ask_failures(database, selection, by_, lines_, sink); });
    }

    std::optional<std::string> by_word_;
    bool then_success_ = false;
    TopBy by_ = TopBy::addresses;
    std::optional<std::int64_t> lines_;
};

class New final : public AskingVerb {
public:
    New() : AskingVerb({.reverse = false}) {}

private:
    void declare_own(OptionList &) override {}
    void read_own() override { lines_ = output_.lines(std::nullopt); }

    int ask(AskedDatabase &database, const Selection &selection) override {
        return show(new_columns(), [&](const RowSink &sink) { ask_new(database, selection, lines_, sink); });
    }

    std::optional<std::int64_t> lines_;
};

class Keys final : public AskingVerb {
public:
    Keys() : AskingVerb({.reverse = false}) {}

private:
    void declare_own(OptionList &) override {}
    void read_own() override { lines_ = output_.lines(std::nullopt); }
    bool has_kinds() const override { return false; }

    int ask(AskedDatabase &database, const Selection &selection) override {
        return show(keys_columns(), [&](const RowSink &sink) { ask_keys(database, selection, lines_, sink); });
    }

    std::optional<std::int64_t> lines_;
};

class Daily final : public AskingVerb {
public:
    Daily() : AskingVerb({.lines = false, .reverse = false}) {}

private:
    void declare_own(OptionList &options) override {
        options.value("--by", "day|hour|weekday", by_word_,
                      "Counted by day unless given; by hour or weekday: those of all days together");
    }

    void read_own() override {
        static constexpr Choice<DailyBy> words[] = {
            {"day", DailyBy::day}, {"hour", DailyBy::hour}, {"weekday", DailyBy::weekday}};
        by_ = chosen("--by", by_word_, words);
    }

    int ask(AskedDatabase &database, const Selection &selection) override {
        const std::span<const Column> columns = daily_columns(by_);
        const auto count = [&](const RowSink &sink) { ask_daily(database, selection, by_, output_.utc(), sink); };
        return output_.style().format == Format::table ? show_with_bars(columns, count) : show(columns, count);
    }

    /// For people: how many attempts there were, as a picture.
    template <class Question> int show_with_bars(std::span<const Column> columns, const Question &question) const {
        std::vector<Row> rows;
        std::int64_t most = 1;
        const auto attempts = static_cast<std::size_t>(
            std::find_if(columns.begin(), columns.end(),
                         [](const Column &c) { return c.name == std::string_view("attempts"); }) -
            columns.begin());
        question([&](const Row &row) {
            rows.push_back(row);
            most = std::max(most, std::get<std::int64_t>(row[attempts]));
            return true;
        });
        std::vector<Column> with_bar(columns.begin(), columns.end());
        with_bar.push_back({"bar", "ATTEMPTS", Kind::text});
        const unsigned room = room_for_bars(columns, rows);
        return show(with_bar, [&](const RowSink &sink) {
            for (Row &row : rows) {
                const double share =
                    static_cast<double>(std::get<std::int64_t>(row[attempts])) / static_cast<double>(most);
                row.push_back(share > 0 ? Cell{bar(share, room)} : Cell{});
                sink(row);
            }
        });
    }

    /// What the other columns leave of the terminal.
    unsigned room_for_bars(std::span<const Column> columns, const std::vector<Row> &rows) const {
        const Style style = output_.style();
        if (style.width == 0 || style.full)
            return longest_bar;
        std::size_t used = 0;
        for (std::size_t i = 0; i < columns.size(); ++i) {
            std::size_t widest = columns_of(columns[i].title);
            for (const Row &row : rows)
                widest = std::max(widest, columns_of(cell_for_people(row[i], columns[i].kind, style.utc)));
            used += widest + 1;
        }
        return style.width < used + shortest_bar
                   ? shortest_bar
                   : std::min<unsigned>(longest_bar, style.width - static_cast<unsigned>(used));
    }

    std::optional<std::string> by_word_;
    DailyBy by_ = DailyBy::day;
};

} // namespace

std::unique_ptr<Verb> make_top() {
    return std::make_unique<TopVerb>();
}

std::unique_ptr<Verb> make_failures() {
    return std::make_unique<Failures>();
}

std::unique_ptr<Verb> make_new() {
    return std::make_unique<New>();
}

std::unique_ptr<Verb> make_keys() {
    return std::make_unique<Keys>();
}

std::unique_ptr<Verb> make_daily() {
    return std::make_unique<Daily>();
}

} // namespace iptracking
