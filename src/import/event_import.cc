// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/event_import.h"

#include "import/event_batch.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

namespace iptracking {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto turn = 250ms; // a daemon that waits for us looks every 200 ms

constexpr std::size_t events_a_batch = 2'000;
constexpr std::size_t events_a_cluster = 5'000;
/// Rows in between are not asked for.
constexpr std::int64_t widest_gap_usec = 600'000'000;

} // namespace

EventImport::EventImport(ImportTarget &target, SourceReport &report, bool dry_run)
    : target_(target), report_(report), dry_run_(dry_run), last_id_before_(target.last_id()) {}

void EventImport::begin_file() {
    finish();
    taken_.clear();
    taken_before_.clear();
    last_id_before_ = target_.last_id();
}

void EventImport::add(FoundEvent &&event) {
    report_.count(event);
    waiting_.push_back(std::move(event));
}

void EventImport::settle(std::int64_t until_usec) {
    if (waiting_.size() < looked_at_ + events_a_cluster)
        return;
    const auto middle = std::stable_partition(waiting_.begin(), waiting_.end(),
                                              [&](const FoundEvent &event) { return event.time_usec < until_usec; });
    std::vector<FoundEvent> ready(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(middle));
    waiting_.erase(waiting_.begin(), middle);
    looked_at_ = waiting_.size();
    take(std::move(ready));
}

void EventImport::finish() {
    take(std::exchange(waiting_, {}));
}

void EventImport::take(std::vector<FoundEvent> &&events) {
    std::stable_sort(events.begin(), events.end(),
                     [](const FoundEvent &a, const FoundEvent &b) { return a.time_usec < b.time_usec; });
    const std::span<FoundEvent> all(events);
    for (std::size_t begin = 0, end = 0; begin < all.size(); begin = end) {
        for (end = begin + 1; end < all.size() && end - begin < events_a_cluster &&
                              all[end].time_usec - all[end - 1].time_usec <= widest_gap_usec;)
            ++end;
        take_cluster(all.subspan(begin, end - begin));
    }
}

void EventImport::take_cluster(std::span<FoundEvent> events) {
    std::vector<KnownRow> rows =
        target_.rows(events.front().time_usec - widest_tolerance_usec, events.back().time_usec + widest_tolerance_usec);
    // What this source itself has stored just now stands for other events.
    std::erase_if(rows, [&](const KnownRow &row) { return row.id > last_id_before_ && row.origin != Origin::live; });
    for (KnownRow &row : rows)
        row.is_taken = taken_.contains(row.id) || taken_before_.contains(row.id);
    taken_before_ = std::exchange(taken_, {});
    const auto address = [](FoundEvent &event) { return &event; };
    std::vector<FoundEvent *> all(rows.size());
    std::transform(rows.begin(), rows.end(), all.begin(), address);
    find_successes(all);
    all.resize(events.size());
    std::transform(events.begin(), events.end(), all.begin(), address);
    const std::vector<std::size_t> successes = find_successes(all);
    const std::vector<bool> none = find_none(events, rows);

    std::vector<const KnownRow *> row_of(events.size());
    // The ends of sessions that the source knows by a number, when it is known which rows opened them.
    for (const bool ends : {false, true}) {
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < events.size(); ++i)
            if (!none[i] && ends == (events[i].session != 0 && events[i].kind == EventKind::close_session))
                places.push_back(i);
        look_for(events, places, rows, row_of);
    }
    std::vector<const FoundEvent *> missing;
    for (std::size_t i = 0; i < events.size(); ++i) {
        // Others tell of an attempt that succeeded by its success only.
        const KnownRow *const success = successes[i] != no_success ? row_of[successes[i]] : nullptr;
        if (row_of[i] || none[i] || (success && !is_of_callback(*success)))
            ++report_.known;
        else
            missing.push_back(&events[i]);
    }
    store(missing);
}

/// Finds the rows of the events at these places.
void EventImport::look_for(std::span<FoundEvent> events, const std::vector<std::size_t> &places,
                           std::vector<KnownRow> &rows, std::vector<const KnownRow *> &row_of) {
    std::vector<FoundEvent> chosen;
    for (const std::size_t at : places) {
        if (events[at].session != 0 && events[at].kind == EventKind::close_session)
            follow_session(events[at]);
        chosen.push_back(events[at]);
    }
    const std::vector<KnownRow *> found = match(chosen, rows);
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!found[i])
            continue;
        row_of[places[i]] = found[i];
        taken_.insert(found[i]->id);
        if (chosen[i].session != 0)
            remember_session(chosen[i], *found[i]);
    }
}

/// The end of a session that the database has from somebody else is told as he would.
void EventImport::follow_session(FoundEvent &event) const {
    const auto found = sessions_.find(event.session);
    if (found == sessions_.end())
        return;
    const FoundEvent &opened = found->second;
    event.source = opened.source;
    event.destination = opened.destination;
    event.source_port = opened.source_port;
    event.destination_port = opened.destination_port;
    event.pid = opened.pid;
    event.texts = opened.texts;
    event.flags = opened.flags;
}

void EventImport::remember_session(const FoundEvent &event, const KnownRow &row) {
    if (event.kind == EventKind::open_session)
        sessions_[event.session] = static_cast<const FoundEvent &>(row);
    else
        sessions_.erase(event.session);
}

void EventImport::store(std::span<const FoundEvent *const> events) {
    if (dry_run_) {
        report_.stored += events.size();
        return;
    }
    Batch batch;
    for (std::size_t i = 0; i < events.size(); ++i) {
        append_to(batch, *events[i]);
        const bool is_last = i + 1 == events.size() || events[i + 1]->origin != events[i]->origin ||
                             batch.events.size() == events_a_batch || batch.bytes.size() > most_batch_bytes;
        if (!is_last)
            continue;
        const auto begin = Clock::now();
        report_.stored += target_.store(batch, events[i]->origin);
        batch = {};
        busy_ += Clock::now() - begin;
        if (busy_ >= turn) { // then it is the daemon's
            std::this_thread::sleep_for(turn);
            busy_ = {};
        }
    }
}

} // namespace iptracking
