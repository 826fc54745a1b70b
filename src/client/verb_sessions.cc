// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/asking_verb.h"
#include "client/verbs.h"

namespace iptracking {
namespace {

class SessionsVerb final : public AskingVerb {
    void declare_own(OptionList &options) override {
        options.flag("--open", open_, "Those that last");
        options.flag("--closed", closed_, "Those that were closed, or whose end nobody saw");
    }

    void read_own() override {
        if (open_ && closed_)
            throw UsageError("a session is --open or --closed: give one of them, or none for all");
        static_cast<void>(output_.lines(std::nullopt));
    }

    bool has_kinds() const override { return false; }

    int ask(AskedDatabase &database, const Selection &selection) override {
        const Extent extent{order(Order::oldest_first), output_.lines(std::nullopt)};
        const Sessions which = open_ ? Sessions::open : closed_ ? Sessions::closed : Sessions::all;
        return show(sessions_columns(),
                    [&](const RowSink &sink) { ask_sessions(database, selection, extent, which, sink); });
    }

    bool open_ = false, closed_ = false;
};

} // namespace

std::unique_ptr<Verb> make_sessions() {
    return std::make_unique<SessionsVerb>();
}

} // namespace iptracking
