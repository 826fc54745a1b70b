// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/verb.h"
#include "query/selection.h"

namespace iptracking {

/// The options by which all verbs that ask select events, journalctl's letters.
class SelectionOptions {
public:
    void declare(OptionList &options);
    /// Throws a UsageError that names what is accepted.
    Selection read() const;

private:
    std::optional<std::string> since_, until_;
    std::vector<std::string> users_, from_, to_, services_, events_, hosts_, keys_, outcomes_;
};

/// Throws a UsageError where --event or --outcome were given: a session has neither.
void refuse_kinds(const Selection &selection);
/// A time for an option; throws a UsageError.
std::int64_t parse_time_option(const char *option, const std::string &text);
/// An address for an option or a word; throws a UsageError.
IpAddress parse_address_option(const char *option, const std::string &text);
/// What people type for a user, as it is stored (event/stored_text.h).  \xHH stands for its byte, as it is shown.
std::string stored_form(const std::string &typed);

} // namespace iptracking
