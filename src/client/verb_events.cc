// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"
#include "base/unique_fd.h"
#include "client/asking_verb.h"
#include "client/verbs.h"
#include "event/timestamp.h"
#include "output/put.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace iptracking {
namespace {

constexpr std::int64_t shown_before_following = 10;
constexpr int look_after_ms = 200; // for new events

/// Takes SIGINT and SIGTERM, so that they end the answer and not the program.
class Interruption {
public:
    Interruption() {
        sigset_t signals;
        ::sigemptyset(&signals);
        ::sigaddset(&signals, SIGINT);
        ::sigaddset(&signals, SIGTERM);
        ::sigprocmask(SIG_BLOCK, &signals, nullptr);
        signals_ = UniqueFd{::signalfd(-1, &signals, SFD_CLOEXEC)};
        if (!signals_)
            throw_errno(errno, "cannot wait for signals");
    }

    /// Waits a little.  True: a signal came, or nobody reads standard output any more.
    bool came() const {
        pollfd ends[] = {{signals_.get(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}}; // POLLERR comes unasked
        const int number = ::poll(ends, std::size(ends), look_after_ms);
        if (number < 0 && errno != EINTR)
            throw_errno(errno, "cannot wait for events");
        return number > 0;
    }

private:
    UniqueFd signals_;
};

class Events final : public AskingVerb {
    void declare_own(OptionList &options) override {
        options.flag("-f,--follow", follow_, "Show what comes, after the last ten; until then, with --until");
    }

    int ask(AskedDatabase &database, const Selection &selection) override {
        if (follow_)
            return follow(database, selection);
        const Extent extent{order(Order::oldest_first), output_.lines(std::nullopt)};
        return show(events_columns(), [&](const RowSink &sink) { ask_events(database, selection, extent, sink); });
    }

    void read_own() override {
        if (follow_ && output_.reverse())
            throw UsageError("--follow shows the newest last: it does not go with --reverse");
        static_cast<void>(output_.lines(std::nullopt));
    }

    int follow(AskedDatabase &database, const Selection &selection) const {
        const Interruption interruption;
        const Display display(output_, Display::Paged::no);
        const auto writer = display.writer(events_columns());
        EventFollower follower(database, selection);
        const std::size_t id = events_columns().size() - 1;
        ask_events(database, selection, {.limit = output_.lines(shown_before_following)}, [&](const Row &row) {
            if (std::get<std::int64_t>(row[id]) <= follower.begin())
                writer->write(row);
            return true;
        });
        do {
            if (database.has_news())
                follower.ask([&](const Row &row) {
                    writer->write(row);
                    return true;
                });
            writer->flush();
        } while (!interruption.came() && now_usec() < selection.until_usec.value_or(latest_time_usec));
        writer->finish();
        return EXIT_SUCCESS;
    }

    bool follow_ = false;
};

} // namespace

std::unique_ptr<Verb> make_events() {
    return std::make_unique<Events>();
}

} // namespace iptracking
