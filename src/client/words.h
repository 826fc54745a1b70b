// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/log.h"
#include "client/verb.h"

namespace iptracking {

/// A word out of a few.
template <class T> struct Choice {
    const char *word;
    T value;
};

/// "user" is "users", and the other way round.
bool is_word(const std::string &typed, const std::string &word);

/// Throws a UsageError that names all of them.  Without a word it is the first one.
template <class T, std::size_t N>
T chosen(const char *option, const std::optional<std::string> &word, const Choice<T> (&choices)[N]) {
    std::string accepted;
    for (std::size_t i = 0; i < N; ++i) {
        if (!word || is_word(*word, choices[i].word))
            return choices[i].value;
        accepted += (i == 0 ? "" : i + 1 == N ? " or " : ", ") + std::string(choices[i].word);
    }
    throw UsageError(std::string(option) + " needs " + accepted + ", not '" + printable(*word) + "'");
}

/// --prefix and --prefix6 of verbs that count by net.
class NetOptions {
public:
    void declare(OptionList &options);
    /// Throws a UsageError, also where the verb counts something else.
    void read(const char *verb, bool nets, int &prefix, int &prefix6) const;

private:
    std::optional<std::string> prefix_, prefix6_;
};

} // namespace iptracking
