// SPDX-License-Identifier: GPL-2.0-or-later
// `iptracking traffic`.
#include "client/asking_verb.h"
#include "client/verbs.h"
#include "client/words.h"

namespace iptracking {
namespace {

constexpr std::int64_t shown = 10; // unless -n says more

class TrafficVerb final : public AskingVerb {
public:
    TrafficVerb() : AskingVerb({.reverse = false}) {}

private:
    void declare_own(OptionList &options) override {
        options.word("users|days|addresses|nets|hosts|sessions|total", what_,
                     "By user unless given; days: and users; total: all in one row");
        nets_.declare(options);
    }

    void read_own() override {
        static constexpr Choice<std::optional<TrafficBy>> words[] = {
            {"users", TrafficBy::users}, {"days", TrafficBy::days},   {"addresses", TrafficBy::addresses},
            {"nets", TrafficBy::nets},   {"hosts", TrafficBy::hosts}, {"sessions", std::nullopt},
            {"total", TrafficBy::total}};
        const std::optional<TrafficBy> by = chosen("traffic", what_, words);
        nets_.read("traffic", by == TrafficBy::nets, sums_.prefix, sums_.prefix6);
        sessions_ = !by;
        const bool is_list = sessions_ || by == TrafficBy::days;
        sums_.by = by.value_or(TrafficBy::users);
        sums_.limit = output_.lines(is_list ? std::nullopt : std::optional{shown});
        sums_.utc = output_.utc();
    }

    bool has_kinds() const override { return false; }

    int ask(AskedDatabase &database, const Selection &selection) override {
        if (sessions_)
            return show(session_traffic_columns(), [&](const RowSink &sink) {
                ask_session_traffic(database, selection, {.limit = sums_.limit}, sink);
            });
        return show(traffic_columns(sums_.by),
                    [&](const RowSink &sink) { ask_traffic(database, selection, sums_, sink); });
    }

    std::optional<std::string> what_;
    NetOptions nets_;
    bool sessions_ = false;
    TrafficSums sums_;
};

} // namespace

std::unique_ptr<Verb> make_traffic() {
    return std::make_unique<TrafficVerb>();
}

} // namespace iptracking
