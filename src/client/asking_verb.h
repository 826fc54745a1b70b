// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/output_options.h"
#include "client/selection_options.h"
#include "client/verb.h"
#include "query/questions.h"

namespace iptracking {

/// What all verbs have in common that ask the database: options that select, options of output.
class AskingVerb : public Verb {
public:
    void declare(OptionList &options) final {
        declare_own(options);
        selection_.declare(options);
        output_.declare(options, taken_);
    }
    int run(const Called &called) final;

protected:
    AskingVerb() = default;
    explicit AskingVerb(const OutputOptions::Taken &taken) : taken_(taken) {}

    virtual void declare_own(OptionList &options) = 0;
    /// Throws a UsageError for what cannot be understood.
    virtual void read_own() {}
    /// Whether --event and --outcome select something else than nothing.
    virtual bool has_kinds() const { return true; }
    virtual int ask(AskedDatabase &database, const Selection &selection) = 0;

    Order order(Order by_default) const {
        const bool oldest_first = (by_default == Order::oldest_first) != output_.reverse();
        return oldest_first ? Order::oldest_first : Order::newest_first;
    }
    /// Shows what `question` gives to a sink; gives the exit status.
    template <class Question> int show(std::span<const Column> columns, const Question &question) const {
        const Display display(output_);
        const auto writer = display.writer(columns);
        question([&](const Row &row) {
            writer->write(row);
            return true;
        });
        return display.conclude(*writer);
    }

    OutputOptions output_;

private:
    SelectionOptions selection_;
    OutputOptions::Taken taken_{};
};

} // namespace iptracking
