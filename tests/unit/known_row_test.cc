// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/known_row.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace iptracking {
namespace {

constexpr std::int64_t begin = 1'700'000'000'000'000, second = 1'000'000;

struct Known {
    double seconds = 0;
    int pid = 7;
    Outcome outcome = Outcome::failure;
    EventKind kind = EventKind::auth;
    const char *user = "alice";
    const char *source = "192.0.2.7";
    Origin origin = Origin::journal;
    std::uint16_t port = 0;
    const char *host = "srv-1";
    std::uint16_t flags = 0;
};

FoundEvent event(const Known &known) {
    FoundEvent made{.time_usec = begin + static_cast<std::int64_t>(known.seconds * second),
                    .kind = known.kind,
                    .outcome = known.kind == EventKind::auth ? known.outcome : Outcome::none,
                    .origin = known.origin,
                    .source = known.source ? *IpAddress::parse(known.source) : IpAddress{},
                    .source_port = known.port,
                    .pid = known.pid,
                    .flags = known.flags};
    if (known.user)
        made.text(Text::user) = known.user;
    if (known.host)
        made.text(Text::host) = known.host;
    return made;
}

KnownRow row(const Known &known) {
    static std::int64_t id = 0;
    KnownRow made;
    static_cast<FoundEvent &>(made) = event(known);
    made.id = ++id;
    return made;
}

Known live(double seconds, Outcome outcome = Outcome::attempt) {
    return {.seconds = seconds, .outcome = outcome, .origin = Origin::live};
}

/// The place of the row for each event; -1: none.
std::vector<int> places(const std::vector<Known> &events, const std::vector<Known> &known) {
    std::vector<FoundEvent> found;
    for (const Known &one : events)
        found.push_back(event(one));
    std::vector<KnownRow> rows;
    for (const Known &one : known)
        rows.push_back(row(one));
    std::vector<FoundEvent *> all;
    for (KnownRow &one : rows)
        all.push_back(&one);
    find_successes(all);
    std::vector<int> at;
    for (const KnownRow *const taken : match(found, rows))
        at.push_back(taken ? static_cast<int>(taken - rows.data()) : -1);
    return at;
}

using Places = std::vector<int>;

TEST(Match, FindsTheAttemptThatAFailedLineTellsOfLater) {
    EXPECT_EQ(places({{2}}, {live(0)}), Places{0});
    EXPECT_EQ(places({{100}}, {live(0)}), Places{0}) << "he took his time to type";
    EXPECT_EQ(places({{1000}}, {live(0)}), Places{-1});
    EXPECT_EQ(places({{0}}, {live(50)}), Places{-1}) << "an attempt is not told of before it begins";
}

TEST(Match, TakesEachRowOnce) {
    EXPECT_EQ(places({{2}, {5}, {8}}, {live(0), live(3)}), (Places{0, 1, -1}));
}

TEST(Match, LeavesTheAttemptToItsSuccess) {
    const Known accepted{.seconds = 4, .outcome = Outcome::success};
    EXPECT_EQ(places({{2}, accepted}, {live(0), live(3), live(4, Outcome::success)}), (Places{0, 2}));
    EXPECT_EQ(places({{2}, accepted}, {live(3), live(4, Outcome::success)}), (Places{-1, 1}));
}

TEST(Match, AsksForProcessUserAddressPortAndHost) {
    const Known row{.origin = Origin::text, .port = 1025};
    EXPECT_EQ(places({{}}, {row}), Places{0});
    EXPECT_EQ(places({{.pid = 8}}, {row}), Places{-1});
    EXPECT_EQ(places({{.user = "bob"}}, {row}), Places{-1});
    EXPECT_EQ(places({{.source = "192.0.2.8"}}, {row}), Places{-1});
    EXPECT_EQ(places({{.port = 1026}}, {row}), Places{-1});
    EXPECT_EQ(places({{.host = "srv-2"}}, {row}), Places{-1});
    EXPECT_EQ(places({{.kind = EventKind::open_session}}, {row}), Places{-1});
    EXPECT_EQ(places({{.outcome = Outcome::success}}, {row}), Places{-1});
}

TEST(Match, TakesWhatIsNotSaidForTheSame) {
    const Known row{.origin = Origin::text, .port = 1025};
    EXPECT_EQ(places({{.pid = 0}}, {row}), Places{0});
    EXPECT_EQ(places({{.user = nullptr}}, {row}), Places{0}) << "it is of the same process";
    EXPECT_EQ(places({{.pid = 0, .user = nullptr}}, {row}), Places{-1});
    EXPECT_EQ(places({{.source = nullptr}}, {row}), Places{0});
    EXPECT_EQ(places({{.host = nullptr}}, {row}), Places{0});
    EXPECT_EQ(places({{.host = "srv-1.example.org"}}, {row}), Places{0});
}

TEST(Match, TakesTheNearestWhereNoProcessIsKnown) {
    EXPECT_EQ(places({{.seconds = 9, .pid = 0, .origin = Origin::wtmpdb}}, {{.seconds = 0}, {.seconds = 8}}),
              Places{1});
    EXPECT_EQ(places({{.seconds = 60, .pid = 0}}, {{.seconds = 0, .origin = Origin::text}}), Places{-1});
}

TEST(Match, FindsWhatItHasStoredBefore) {
    const std::vector<Known> failures{{.seconds = 1, .origin = Origin::text},
                                      {.seconds = 1, .origin = Origin::text},
                                      {.seconds = 3, .origin = Origin::text}};
    EXPECT_EQ(places(failures, failures), (Places{0, 1, 2}));
    EXPECT_EQ(places(failures, {failures[0], failures[2]}), (Places{0, -1, 1}));
}

TEST(Match, TakesALaterFailureOfTheSameFileForAnother) {
    EXPECT_EQ(places({{.seconds = 4, .origin = Origin::text}}, {{.seconds = 0, .origin = Origin::text}}), Places{-1});
    EXPECT_EQ(places({{.seconds = 0, .origin = Origin::text}}, {{.seconds = 0.5, .origin = Origin::text}}), Places{0})
        << "in the other form of stamps";
}

TEST(Match, TakesTwoEventsOfCallbacksForOneOnlyIfTheyAreTheSame) {
    Known refused = live(1);
    refused.origin = Origin::refused;
    EXPECT_EQ(places({refused}, {live(1)}), Places{0});
    EXPECT_EQ(places({refused}, {live(0)}), Places{-1});
    EXPECT_EQ(places({refused}, {{.seconds = 100}}), Places{0}) << "which sshd told of";
    EXPECT_EQ(places({{.seconds = 100}}, {refused}), Places{0});
}

TEST(Match, KnowsNamesThatWereCut) {
    const Known cut{.user = "abcd", .flags = flag::cut_user};
    EXPECT_EQ(places({cut}, {{.user = "abcdef", .origin = Origin::live}}), Places{0});
    EXPECT_EQ(places({cut}, {{.user = "abxdef", .origin = Origin::live}}), Places{-1});
    EXPECT_EQ(places({{.user = "a\\xc3", .flags = flag::cut_user}}, {{.user = "aü", .origin = Origin::live}}),
              Places{0});
}

TEST(Match, KnowsThatWtmpMayNameAnotherProcess) {
    const Known opened{.pid = 8, .kind = EventKind::open_session, .origin = Origin::wtmp};
    EXPECT_EQ(places({opened}, {{.pid = 7, .kind = EventKind::open_session, .origin = Origin::live}}), Places{0});
}

TEST(Match, TakesARefusedAccountForTheSuccessThatACallbackSaw) {
    std::vector<FoundEvent> denied{event({.seconds = 1})};
    std::vector<KnownRow> rows{row(live(0, Outcome::success))};
    EXPECT_EQ(match(denied, rows).front(), nullptr);
    denied.front().account_refused = true;
    EXPECT_EQ(match(denied, rows).front(), &rows.front());
}

TEST(FindNone, LeavesOutTheRecordOfBtmpThatIsNoAttempt) {
    std::vector<FoundEvent> records;
    for (const double seconds : {0, 2, 5})
        records.push_back(event({.seconds = seconds, .origin = Origin::btmp}));
    records.front().is_perhaps_none = true;
    std::vector<KnownRow> rows{row(live(0)), row(live(3))};
    EXPECT_EQ(find_none(records, rows), (std::vector{true, false, false}));
    rows.push_back(row(live(5)));
    EXPECT_EQ(find_none(records, rows), (std::vector{false, false, false})) << "others tell of three, too";
    EXPECT_EQ(find_none(records, {}), (std::vector{false, false, false})) << "nobody else tells of them";
}

} // namespace
} // namespace iptracking
