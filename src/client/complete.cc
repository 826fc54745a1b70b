// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/complete.h"

#include <algorithm>
#include <sstream>

namespace iptracking {
namespace {

struct Known {
    std::vector<std::string> names; ///< "-o", "--output"
    std::string what;               ///< its value; "" for a flag
    std::string help;
};

std::vector<std::string> split(const std::string &text, char at) {
    std::vector<std::string> parts;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, at);)
        parts.push_back(part);
    return parts;
}

/// Notes what a verb declares.
class Notes final : public OptionList {
public:
    void group(const char *) override {}
    void flag(const char *names, bool &, const std::string &help) override { add(names, "", help); }
    void value(const char *names, const char *what, std::optional<std::string> &, const std::string &help) override {
        add(names, what, help);
    }
    void values(const char *names, const char *what, std::vector<std::string> &, const std::string &help) override {
        add(names, what, help);
    }
    void word(const char *what, std::optional<std::string> &, const std::string &) override { add_word(what); }
    void words(const char *what, std::vector<std::string> &, const std::string &) override { add_word(what); }
    void add_word(const char *what) { of_words.push_back(what); }

    void add(const char *names, const char *what, const std::string &help) {
        options.push_back({split(names, ','), what, help});
    }

    std::vector<Known> options;
    std::vector<std::string> of_words; ///< what those can be that stand for themselves
};

/// The words so far, understood as far as that is needed.
class Line {
public:
    explicit Line(const std::vector<std::string> &words) {
        notes_.add("-h,--help", "", "Print the options and exit");
        notes_.add("-V,--version", "", "Print the version and exit");
        notes_.add("-c,--config", "FILE", "The configuration");
        notes_.add("--schema", "NAME", "PostgreSQL schema");
        for (std::size_t i = 0; i + 1 < words.size(); ++i)
            take(words[i]);
    }

    std::vector<Candidate> next(std::string typed) const {
        if (typed == "=") // bash ends words at it
            typed.clear();
        if (awaited_)
            return values(awaited_->what, typed, "");
        const std::size_t equals = typed.find('=');
        if (typed.starts_with("--") && equals != std::string::npos) {
            const Known *const option = find(typed.substr(0, equals));
            return option ? values(option->what, typed, typed.substr(0, equals + 1)) : std::vector<Candidate>{};
        }
        if (typed.starts_with('-'))
            return options(typed);
        return has_verb_ ? words_of_verb(typed) : verbs(typed);
    }

private:
    void take(const std::string &word) {
        if (word == "=")
            return;
        if (awaited_) {
            awaited_ = nullptr;
            return;
        }
        if (word.starts_with('-')) {
            const Known *const option = word.find('=') == std::string::npos ? find(word) : nullptr;
            awaited_ = option && !option->what.empty() ? option : nullptr;
            return;
        }
        if (!has_verb_)
            take_verb(word);
    }

    void take_verb(const std::string &word) {
        for (const VerbEntry &entry : all_verbs()) {
            if (entry.parent == parent_ && entry.name == word) {
                entry.make()->declare(notes_);
                has_verb_ = true;
                return;
            }
        }
        parent_ = word;
    }

    const Known *find(const std::string &name) const {
        for (const Known &option : notes_.options) {
            if (std::find(option.names.begin(), option.names.end(), name) != option.names.end())
                return &option;
        }
        return nullptr;
    }

    std::vector<Candidate> options(const std::string &typed) const {
        std::vector<Candidate> found;
        for (const Known &option : notes_.options) {
            const std::string &name = option.names.back(); // the long one
            if (name.starts_with(typed))
                found.push_back({name, option.help});
        }
        return found;
    }

    std::vector<Candidate> verbs(const std::string &typed) const {
        std::vector<Candidate> found;
        for (const VerbEntry &entry : all_verbs()) {
            const bool is_parent = parent_.empty() && entry.parent[0] != '\0';
            const std::string name = is_parent ? entry.parent : entry.name;
            const bool is_said = !found.empty() && found.back().word == name;
            if ((is_parent || entry.parent == parent_) && name.starts_with(typed) && !is_said)
                found.push_back({name, is_parent ? "Keeps the database" : entry.help});
        }
        return found;
    }

    std::vector<Candidate> words_of_verb(const std::string &typed) const {
        std::vector<Candidate> found;
        for (const std::string &what : notes_.of_words) {
            for (Candidate &candidate : values(what, typed, ""))
                found.push_back(std::move(candidate));
        }
        return found;
    }

    /// `before`: "--output=", which stands in front of each.
    static std::vector<Candidate> values(const std::string &what, const std::string &typed, const std::string &before) {
        if (what == "FILE" && before.empty())
            return {{":files", ""}};
        std::vector<Candidate> found;
        for (const std::string &value : split(what, '|')) {
            const bool is_literal =
                std::none_of(value.begin(), value.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
            if (is_literal && (before + value).starts_with(typed))
                found.push_back({before + value, ""});
        }
        return found;
    }

    Notes notes_;
    std::string parent_;
    bool has_verb_ = false;
    const Known *awaited_ = nullptr; ///< the option whose value comes next
};

} // namespace

std::vector<Candidate> complete(const std::vector<std::string> &words) {
    return words.empty() ? std::vector<Candidate>{} : Line(words).next(words.back());
}

} // namespace iptracking
