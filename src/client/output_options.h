// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/verb.h"
#include "output/pager.h"
#include "output/writer.h"

namespace iptracking {

/// The options of output, the same for all verbs that print an answer.
class OutputOptions {
public:
    /// Which letters the verb has for itself: `last` has its own -n, `daily` no -n at all.
    struct Taken {
        bool lines = true, reverse = true;
    };
    void declare(OptionList &options) { declare(options, {}); }
    void declare(OptionList &options, const Taken &taken);

    /// As far as the options say; the rest says the terminal, see Display.  Throws a UsageError.
    Style style() const;
    /// `unless_given`: without -n.  nullopt: all.
    std::optional<std::int64_t> lines(std::optional<std::int64_t> unless_given) const;
    bool reverse() const noexcept { return reverse_; }
    bool quiet() const noexcept { return quiet_; }
    bool utc() const noexcept { return utc_; }

private:
    friend class Display;
    std::optional<std::string> format_, colour_, lines_;
    bool utc_ = false, no_pager_ = false, no_legend_ = false, quiet_ = false, reverse_ = false, full_ = false;
};

/// Standard output, as terminal and options want it; with a pager behind it until its end.
class Display {
public:
    enum class Paged : std::uint8_t { no /**< what never ends, --follow */, yes };
    /// Throws a UsageError.
    explicit Display(const OutputOptions &options, Paged paged = Paged::yes);

    const Style &style() const noexcept { return style_; }
    /// `columns` must live as long as the writer.
    std::unique_ptr<Writer> writer(std::span<const Column> columns) const;
    /// Ends the answer; gives the exit status.
    int conclude(Writer &writer) const;

private:
    Style style_;
    std::unique_ptr<Pager> pager_;
};

/// A number from 1 on, or "all", which is nullopt; throws a UsageError.
std::optional<std::int64_t> parse_lines(const char *option, const std::string &text);

} // namespace iptracking
