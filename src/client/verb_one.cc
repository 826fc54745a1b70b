// SPDX-License-Identifier: GPL-2.0-or-later
// The verbs that tell all about one user or one address.
#include "client/asking_verb.h"
#include "client/verbs.h"
#include "output/put.h"
#include "output/safe_text.h"
#include "output/values.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr std::size_t width_of_titles = 14;

/// One row that has much to tell, for people: a line for each column, a line for each part of a list.
std::string lines_of(const Row &row, std::span<const Column> columns, bool utc) {
    std::string text;
    const auto add = [&](std::string title, const std::string &value) {
        title.resize(std::max(title.size(), width_of_titles), ' ');
        text += title + "  " + value + "\n";
    };
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto *list = std::get_if<std::vector<std::string>>(&row[i]);
        if (!list || list->empty()) {
            add(columns[i].title, list ? "-" : cell_for_people(row[i], columns[i].kind, utc));
            continue;
        }
        for (const std::string &part : *list)
            add(&part == &list->front() ? columns[i].title : "", terminal_word(part));
    }
    return text;
}

class AboutOne : public AskingVerb {
protected:
    AboutOne() : AskingVerb({.reverse = false}) {}

    template <class Question> int tell(std::span<const Column> columns, const Question &question) const {
        if (output_.style().format != Format::table)
            return show(columns, question);
        bool found = false;
        const Display display(output_);
        question([&](const Row &row) {
            put(stdout, lines_of(row, columns, output_.utc()));
            return found = true;
        });
        return found ? EXIT_SUCCESS : nothing_found;
    }
};

class Users final : public AboutOne {
    void declare_own(OptionList &options) override {
        options.word("NAME", name_, "All about this user (a list of users unless given)");
    }
    void read_own() override { static_cast<void>(output_.lines(std::nullopt)); }

    int ask(AskedDatabase &database, const Selection &selection) override {
        if (name_)
            return tell(user_columns(),
                        [&](const RowSink &sink) { ask_user(database, selection, stored_form(*name_), sink); });
        const Top top{.by = TopBy::users, .order = TopOrder::key, .limit = output_.lines(std::nullopt)};
        return show(top_columns(top.by), [&](const RowSink &sink) { ask_top(database, selection, top, sink); });
    }

    std::optional<std::string> name_;
};

class Address final : public AboutOne {
    void declare_own(OptionList &options) override { options.word("ADDRESS", word_, "Of a client"); }
    void read_own() override {
        if (!word_)
            throw UsageError("say which address: iptracking address 192.0.2.7");
        address_ = parse_address_option("address", *word_);
        static_cast<void>(output_.lines(std::nullopt));
    }

    int ask(AskedDatabase &database, const Selection &selection) override {
        return tell(address_columns(), [&](const RowSink &sink) { ask_address(database, selection, address_, sink); });
    }

    std::optional<std::string> word_;
    IpAddress address_;
};

} // namespace

std::unique_ptr<Verb> make_users() {
    return std::make_unique<Users>();
}

std::unique_ptr<Verb> make_address() {
    return std::make_unique<Address>();
}

} // namespace iptracking
