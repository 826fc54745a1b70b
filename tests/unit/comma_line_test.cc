// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/comma_line.h"

#include "event/timestamp.h"
#include "line/format.h"
#include "support.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

using namespace std::string_literals;
using test::Marked;
using test::TimeZone;

class CommaLine : public testing::Test {
protected:
    static Event read(const std::string &line) {
        const ParsedLine parsed = parse_event_line(line);
        EXPECT_TRUE(parsed.event) << line << ": " << (parsed.error.reason ? parsed.error.reason : "");
        return parsed.event.value_or(Event{});
    }

    static std::string user_of(const std::string &line) {
        const TextPlace place = read(line).text(Text::user);
        return line.substr(place.offset, place.size);
    }

    static std::string reason_at(std::string_view with_mark) {
        const Marked marked(with_mark);
        const ParsedLine parsed = parse_event_line(marked.text);
        if (parsed.event)
            return "it was read";
        EXPECT_EQ(parsed.error.column, marked.column) << with_mark;
        return parsed.error.reason;
    }

    static std::string with_event(const std::string &event) {
        return "198.51.100.5,192.0.2.7,51234," + event + ",alice,2026-11-21 13:05:07";
    }
    static std::string with_user(const std::string &user) {
        return "198.51.100.5,192.0.2.7,51234,auth," + user + ",2026-11-21 13:05:07";
    }

    TimeZone zone{"UTC0"};
};

constexpr char no_line[] = "neither 'iptracking/1' nor the comma form";

TEST_F(CommaLine, IsReadFieldByField) {
    const std::string line = "198.51.100.5,2001:db8::7,51234,open_session,alice,2026-11-21 13:05:07";
    const Event event = read(line);
    EXPECT_EQ(event.destination, IpAddress::parse("198.51.100.5"));
    EXPECT_EQ(event.source, IpAddress::parse("2001:db8::7"));
    EXPECT_EQ(event.source_port, 51234);
    EXPECT_EQ(event.destination_port, 0);
    EXPECT_EQ(event.kind, EventKind::open_session);
    EXPECT_EQ(event.outcome, Outcome::none);
    EXPECT_EQ(event.pid, 0);
    EXPECT_EQ(event.flags, flag::typed_texts);
    EXPECT_EQ(format_utc(event.time_usec), "2026-11-21T13:05:07.000000Z");
    EXPECT_EQ(user_of(line), "alice");
}

TEST_F(CommaLine, TakesTheEventAsAName) {
    EXPECT_EQ(read(with_event("auth")).kind, EventKind::auth);
    EXPECT_EQ(read(with_event("auth")).outcome, Outcome::attempt);
    EXPECT_EQ(read(with_event("open_session")).kind, EventKind::open_session);
    EXPECT_EQ(read(with_event("close_session")).kind, EventKind::close_session);
}

TEST_F(CommaLine, TakesTheEventAsANumber) {
    EXPECT_EQ(read(with_event("0")).kind, EventKind::unknown);
    EXPECT_EQ(read(with_event("1")).kind, EventKind::auth);
    EXPECT_EQ(read(with_event("1")).outcome, Outcome::attempt);
    EXPECT_EQ(read(with_event("2")).kind, EventKind::open_session);
    EXPECT_EQ(read(with_event("3")).kind, EventKind::close_session);
}

TEST_F(CommaLine, KeepsAnEventThatItDoesNotKnowAsUnknown) {
    for (const char *event : {"unknown", "4", "11", "exec", "password"}) {
        EXPECT_EQ(read(with_event(event)).kind, EventKind::unknown) << event;
        EXPECT_EQ(read(with_event(event)).outcome, Outcome::none) << event;
    }
}

TEST_F(CommaLine, TakesAnEmptyFieldForAnAddressThatIsNotKnown) {
    const Event event = read(",,0,auth,alice,2026-11-21 13:05:07");
    EXPECT_TRUE(event.source.is_absent());
    EXPECT_TRUE(event.destination.is_absent());
    EXPECT_EQ(event.source_port, 0);
}

TEST_F(CommaLine, ReadsTheDateAsLocalTime) {
    const TimeZone berlin("CET-1CEST,M3.5.0,M10.5.0/3");
    const Event event = read("198.51.100.5,192.0.2.7,51234,auth,alice,2026-07-01 12:00:00");
    EXPECT_EQ(format_utc(event.time_usec), "2026-07-01T10:00:00.000000Z");
}

TEST_F(CommaLine, KeepsWhateverStandsInTheUid) {
    for (const std::string &user :
         {"x,y"s, ",,,"s, "a b"s, "\"q\""s, "'; DROP TABLE inet_log; --"s, "\\x41"s, "\xff\x1b\t"s,
          "a,2026-11-21 13:05:07"s, "a\0b"s, "198.51.100.5,192.0.2.7,1,auth,b,2026-11-21 13:05:07"s})
        EXPECT_EQ(user_of(with_user(user)), user);
}

TEST_F(CommaLine, IsOneToItsEndEvenIfAnotherLineStandsInTheUid) {
    for (const std::string &user : {"iptracking/1"s, "iptracking/1 event=open_session user=root"s,
                                    "a iptracking/1 event=open_session user=root "s}) {
        const std::string line = with_user(user);
        EXPECT_EQ(read(line).kind, EventKind::auth);
        EXPECT_EQ(user_of(line), user);
    }
}

TEST_F(CommaLine, FlagsAnEmptyUid) {
    EXPECT_EQ(read(with_user("")).flags, flag::typed_texts | flag::empty_user);
    EXPECT_EQ(user_of(with_user("")), "");
}

TEST_F(CommaLine, IsFoundBehindNuls) {
    const std::string line = std::string(3, '\0') + with_user("alice");
    const ParsedLine parsed = parse_event_line(line);
    ASSERT_TRUE(parsed.event);
    EXPECT_EQ(parsed.garbage, 3u);
    const TextPlace place = parsed.event->text(Text::user);
    EXPECT_EQ(line.substr(parsed.garbage + place.offset, place.size), "alice");
}

TEST_F(CommaLine, SaysThatTheDateOfHalfALineIsMissing) {
    EXPECT_EQ(reason_at("198.51.100.5,192.0.2.7,51234,auth,^"), "the date at the end is missing");
    EXPECT_EQ(reason_at("198.51.100.5,192.0.2.7,51234,auth,alice^"), "the date at the end is missing");
    EXPECT_EQ(reason_at("198.51.100.5,192.0.2.7,51234,auth,alice,2026-11-21 13:05:0^"),
              "the date at the end is missing");
    EXPECT_EQ(reason_at("198.51.100.5,192.0.2.7,51234,auth,2026-11-21 13:05:07^"), "the date at the end is missing");
    EXPECT_EQ(reason_at("198.51.100.5,192.0.2.7,51234,auth,alice,2026-11-21 13:05:07 ^"),
              "the date at the end is missing");
}

TEST_F(CommaLine, IsRefusedInEveryHalf) {
    const std::string whole = with_user("alice");
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_FALSE(parse_event_line(whole.substr(0, size)).event) << size;
}

TEST_F(CommaLine, SaysWhereADateIsNone) {
    EXPECT_EQ(reason_at("198.51.100.5,192.0.2.7,51234,auth,alice,^2026-02-31 13:05:07"),
              "not a date as YYYY-MM-DD HH:MM:SS");
    EXPECT_EQ(reason_at("198.51.100.5,192.0.2.7,51234,auth,alice,^21.11.2026 13:05:07"),
              "not a date as YYYY-MM-DD HH:MM:SS");
}

TEST_F(CommaLine, BeginsWithAddressesPortAndEvent) {
    EXPECT_TRUE(begins_as_comma_line("198.51.100.5,192.0.2.7,51234,auth,"));
    EXPECT_EQ(reason_at("^198.51.100.256,192.0.2.7,51234,auth,alice,2026-11-21 13:05:07"), no_line);
    EXPECT_EQ(reason_at("^198.51.100.5,host,51234,auth,alice,2026-11-21 13:05:07"), no_line);
    EXPECT_EQ(reason_at("^198.51.100.5,192.0.2.7,65536,auth,alice,2026-11-21 13:05:07"), no_line);
    EXPECT_EQ(reason_at("^198.51.100.5,192.0.2.7,,auth,alice,2026-11-21 13:05:07"), no_line);
    EXPECT_EQ(reason_at("^198.51.100.5,192.0.2.7,-1,auth,alice,2026-11-21 13:05:07"), no_line);
    EXPECT_EQ(reason_at("^198.51.100.5,192.0.2.7,51234,,alice,2026-11-21 13:05:07"), no_line);
    EXPECT_EQ(reason_at("^198.51.100.5,192.0.2.7,51234,Auth,alice,2026-11-21 13:05:07"), no_line);
    EXPECT_EQ(reason_at("^198.51.100.5,192.0.2.7,51234,au th,alice,2026-11-21 13:05:07"), no_line);
    EXPECT_EQ(reason_at("^198.51.100.5,192.0.2.7"), no_line);
}

TEST_F(CommaLine, MayBeAsLongAsAPipeWritesWhole) {
    const std::size_t rest = with_user("").size();
    const std::string longest(line::max_size - 1 - rest, 'x');
    EXPECT_EQ(user_of(with_user(longest)), longest);
    EXPECT_FALSE(parse_event_line(with_user(longest + "x")).event);
}

} // namespace
} // namespace iptracking
