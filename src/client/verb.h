// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.h"
#include "config/chosen_config.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace iptracking {

/// A command line that cannot be understood; says what is accepted.
class UsageError : public Error {
    using Error::Error;
};

// The exit status of all verbs.
inline constexpr int nothing_found = 1; ///< nothing matched, or something is wrong
inline constexpr int wrong_usage = 2;
inline constexpr int no_answer = 3; ///< the database is away, a right is missing…

/// What may stand beside any verb.
struct Called {
    ConfigChoice config;
    /// Throws as read_config() does, and an Error that says what to do where this user may not read it.
    Config read() const;
    bool may_read() const noexcept;
};

/// Takes the options of a verb: names as in "-S,--since"; `what` names the value in the help.
class OptionList {
public:
    virtual ~OptionList() = default;
    /// The title of those that follow, in the help.
    virtual void group(const char *title) = 0;
    virtual void flag(const char *names, bool &on, const std::string &help) = 0;
    /// Given twice, the last one counts.
    virtual void value(const char *names, const char *what, std::optional<std::string> &value,
                       const std::string &help) = 0;
    /// May be given often.
    virtual void values(const char *names, const char *what, std::vector<std::string> &values,
                        const std::string &help) = 0;
    /// A word that stands for itself.
    virtual void word(const char *what, std::optional<std::string> &word, const std::string &help) = 0;
    virtual void words(const char *what, std::vector<std::string> &words, const std::string &help) = 0;
};

class Verb {
public:
    virtual ~Verb() = default;
    virtual void declare(OptionList &options) = 0;
    /// Gives the exit status.  Throws a UsageError for values of options that cannot be understood.
    virtual int run(const Called &called) = 0;
};

struct VerbEntry {
    const char *parent; ///< "db", or "" for a verb of its own
    const char *name, *help;
    std::unique_ptr<Verb> (*make)();
};

/// All of them, in the order of the help: verbs.cc.
std::span<const VerbEntry> all_verbs();

/// make_verb<Events> stands in a VerbEntry.
template <class AVerb> std::unique_ptr<Verb> make_verb() {
    return std::make_unique<AVerb>();
}

} // namespace iptracking
