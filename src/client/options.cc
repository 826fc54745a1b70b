// SPDX-License-Identifier: GPL-2.0-or-later
// The only file that knows CLI11: it takes 11 seconds to compile.
#include "client/options.h"

#include "base/log.h"
#include "client/nearest.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>

namespace iptracking {
namespace {

constexpr std::size_t longest_name = 63; // of PostgreSQL

/// The options of one verb.
class AppOptions final : public OptionList {
public:
    explicit AppOptions(CLI::App &app) : app_(app) {}

    void group(const char *title) override { group_ = title; }
    void flag(const char *names, bool &on, const std::string &help) override {
        app_.add_flag(names, on, help)->group(group_);
    }
    void value(const char *names, const char *what, std::optional<std::string> &value,
               const std::string &help) override {
        add_one(names, what, value, help)->take_last();
    }
    void values(const char *names, const char *what, std::vector<std::string> &values,
                const std::string &help) override {
        add_many(names, what, values, help)->allow_extra_args(false); // it would eat the words behind it
    }
    void word(const char *what, std::optional<std::string> &word, const std::string &help) override {
        add_one(name_of_word(what), what, word, help)->type_name(type_of_word(what));
    }
    void words(const char *what, std::vector<std::string> &words, const std::string &help) override {
        add_many(name_of_word(what), what, words, help)->type_name(type_of_word(what));
    }

private:
    // "NAME" is a name, "users|nets" says what a WHAT can be.
    static bool is_choice(const std::string &what) { return what.find('|') != std::string::npos; }
    static const char *name_of_word(const char *what) { return is_choice(what) ? "WHAT" : what; }
    static const char *type_of_word(const char *what) { return is_choice(what) ? what : ""; }

    CLI::Option *add_one(const char *names, const char *what, std::optional<std::string> &value,
                         const std::string &help) {
        const auto set = [&value](const std::string &text) { value = text; };
        return app_.add_option_function<std::string>(names, set, help)->type_name(what)->group(group_);
    }
    CLI::Option *add_many(const char *names, const char *what, std::vector<std::string> &values,
                          const std::string &help) {
        return app_.add_option(names, values, help)->type_name(what)->group(group_);
    }

    CLI::App &app_;
    std::string group_ = "Options";
};

/// "-20": how many, as last(1) takes it.
bool is_count(const std::string &word) {
    return word.size() > 1 && word[0] == '-' && word.find_first_not_of("0123456789", 1) == word.npos;
}

/// CLI11 takes the next word as the value of "--x=": as two words there is no doubt.
std::vector<std::string> words_of(int argc, char **argv) {
    std::vector<std::string> words;
    bool are_options = true;
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        are_options = are_options && word != "--";
        const bool is_empty_value = are_options && word.size() > 3 && word.starts_with("--") && word.ends_with('=') &&
                                    word.find('=') == word.size() - 1;
        if (is_empty_value)
            word.pop_back();
        if (are_options && is_count(word) && std::find(words.begin(), words.end(), "last") != words.end()) {
            words.insert(words.end(), {"-n", word.substr(1)});
            continue;
        }
        words.push_back(word);
        if (is_empty_value)
            words.emplace_back();
    }
    return words;
}

class Parser {
public:
    explicit Parser(std::vector<std::string> words) : words_(std::move(words)) {
        app_.name("iptracking")->require_subcommand(1);
        app_.set_version_flag("-V,--version", "iptracking " IPTRACKING_VERSION, "Print the version and exit");
        app_.set_help_flag("-h,--help", "Print this and exit");
        const std::string default_file = ConfigChoice{}.file;
        AppOptions options(app_);
        options.value("-c,--config", "FILE", file_, "The configuration (default " + default_file + ")");
        options.value("--schema", "NAME", schema_, "PostgreSQL schema, beats the one of the configuration");
        for (const VerbEntry &entry : all_verbs())
            add(entry);
    }

    Options parse() {
        std::vector<std::string> words(words_.rbegin(), words_.rend()); // CLI11 takes them from the end
        app_.parse(words);
        Options options;
        if (file_)
            options.called.config = {.file = *file_, .file_given = true};
        if (schema_)
            options.called.config.schema = checked_schema();
        for (Offered &offered : verbs_) {
            if (offered.app->parsed())
                options.verb = std::move(offered.verb);
        }
        return options;
    }

    /// Of the verb that is named, or of all.
    std::string help() const { return app_.help(); }

    /// What the user may have meant by a word that nobody knows.
    std::string explain(const CLI::ParseError &error) const {
        const CLI::App *app = &app_;
        while (!app->get_subcommands().empty())
            app = app->get_subcommands().front();
        const std::vector<std::string> unknown = app_.remaining(true);
        if (unknown.empty())
            return error.get_name() == "RequiredError" ? needs_verb(*app) : needs_value(error.what());
        const std::string &word = unknown.front();
        const bool is_option = word.size() > 1 && word[0] == '-';
        const std::string what = is_option ? "option" : app->get_subcommands({}).empty() ? "argument" : "verb";
        const std::string near = nearest(word, is_option ? options_of(*app) : verbs_of(*app));
        if (is_option && near == word.substr(0, word.find('=')))
            return "option '" + near + "' stands behind the verb";
        return "unknown " + what + " '" + printable(word) + "'" + (near.empty() ? "" : " (is '" + near + "' meant?)");
    }

private:
    static std::string needs_verb(const CLI::App &app) {
        std::string names;
        for (const std::string &name : verbs_of(app))
            names.append(names.empty() ? "" : ", ").append(name);
        return "'" + app.get_name() + "' needs one of " + names;
    }

    /// CLI11 says "--user: 1 required NAME missing".
    static std::string needs_value(const std::string &said) {
        static constexpr std::string_view middle = ": 1 required ", end = " missing";
        const std::size_t at = said.find(middle);
        if (at == said.npos || !said.ends_with(end))
            return printable(said, 500);
        const std::size_t begin = at + middle.size();
        return "behind " + said.substr(0, at) + " " + said.substr(begin, said.size() - begin - end.size()) +
               " is missing";
    }

    struct Offered {
        CLI::App *app;
        std::unique_ptr<Verb> verb;
    };

    CLI::App &parent_of(const VerbEntry &entry) {
        if (entry.parent[0] == '\0')
            return app_;
        for (CLI::App *const there : app_.get_subcommands({})) {
            if (there->get_name() == entry.parent)
                return *there;
        }
        CLI::App &parent = *app_.add_subcommand(entry.parent, "Keeps the database that the configuration names");
        parent.require_subcommand(1)->fallthrough();
        return parent;
    }

    void add(const VerbEntry &entry) {
        CLI::App *const app = parent_of(entry).add_subcommand(entry.name, entry.help);
        app->fallthrough(); // -c and --schema may stand behind it
        Offered offered{app, entry.make()};
        // Those of all verbs would take longer to make than most questions to answer.
        if (std::find(words_.begin(), words_.end(), entry.name) != words_.end()) {
            AppOptions options(*app);
            offered.verb->declare(options);
        }
        app->footer("-c, --config FILE and --schema NAME may stand here, too. iptracking(1) tells all.");
        verbs_.push_back(std::move(offered));
    }

    std::string checked_schema() const {
        if (schema_->empty() || schema_->size() > longest_name)
            throw UsageError("--schema needs a name of 1 to 63 bytes");
        return *schema_;
    }

    std::vector<std::string> options_of(const CLI::App &app) const {
        std::vector<std::string> names;
        for (const CLI::App *of : {&app, &app_}) {
            for (const CLI::Option *option : of->get_options({})) {
                for (const std::string &name : option->get_lnames())
                    names.push_back("--" + name);
            }
        }
        return names;
    }

    static std::vector<std::string> verbs_of(const CLI::App &app) {
        std::vector<std::string> names;
        for (const CLI::App *verb : app.get_subcommands({}))
            names.push_back(verb->get_name());
        return names;
    }

    CLI::App app_{"Says who logged in to this machine, who tried to, and from where."};
    std::vector<std::string> words_; ///< of the command line
    std::optional<std::string> file_, schema_;
    std::vector<Offered> verbs_;
};

} // namespace

std::optional<Options> parse_options(int argc, char **argv) {
    Parser parser(words_of(argc, argv));
    if (argc < 2) {
        std::fputs(parser.help().c_str(), stderr);
        throw UsageError("say what to do");
    }
    try {
        return parser.parse();
    } catch (const CLI::CallForHelp &) {
        std::fputs(parser.help().c_str(), stdout);
    } catch (const CLI::CallForVersion &version) {
        std::puts(version.what());
    } catch (const CLI::ParseError &error) {
        throw UsageError(parser.explain(error) + "; try 'iptracking --help'");
    }
    return std::nullopt;
}

} // namespace iptracking
