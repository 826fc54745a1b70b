// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/event_line.h"

#include "event/timestamp.h"
#include "line/format.h"
#include "support.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

using namespace std::string_literals;
using test::Marked;

/// A line that was read, and its event.
struct Read {
    std::string line;
    Event event;
    std::size_t garbage = 0;

    /// nullopt: it is not there.
    std::optional<std::string> text(Text which) const {
        const TextPlace place = event.text(which);
        if (place.offset == 0)
            return std::nullopt;
        return line.substr(garbage + place.offset, place.size);
    }
    std::optional<std::string> counter(Counter which) const {
        const TextPlace place = event.counter(which);
        return place.offset == 0 ? std::nullopt : std::optional{line.substr(garbage + place.offset, place.size)};
    }
    std::string user() const { return text(Text::user).value_or("(none)"); }
};

Read read(const std::string &line) {
    const ParsedLine parsed = parse_event_line(line);
    EXPECT_TRUE(parsed.event) << line << ": " << (parsed.error.reason ? parsed.error.reason : "");
    return {line, parsed.event.value_or(Event{}), parsed.garbage};
}

/// The reason why the line cannot be read; the ^ in it marks the place.
std::string reason_at(std::string_view with_mark) {
    const Marked marked(with_mark);
    const ParsedLine parsed = parse_event_line(marked.text);
    if (parsed.event)
        return "it was read";
    EXPECT_EQ(parsed.error.column, marked.column) << with_mark;
    return parsed.error.reason;
}

Read read_words(const std::string &words) {
    return read("iptracking/1 event=auth " + words);
}

TEST(EventLine, ReadsTheExampleOfTheManual) {
    const Read r = read("iptracking/1 event=open_session time=1763716655123456 user=alice src=192.0.2.7 sport=51234 "
                        "dst=198.51.100.5 dport=22 pid=4242 service=sshd tty=ssh");
    EXPECT_EQ(r.event.kind, EventKind::open_session);
    EXPECT_EQ(r.event.outcome, Outcome::none);
    EXPECT_EQ(r.event.time_usec, 1763716655123456);
    EXPECT_EQ(r.event.source, IpAddress::parse("192.0.2.7"));
    EXPECT_EQ(r.event.source_port, 51234);
    EXPECT_EQ(r.event.destination, IpAddress::parse("198.51.100.5"));
    EXPECT_EQ(r.event.destination_port, 22);
    EXPECT_EQ(r.event.pid, 4242);
    EXPECT_EQ(r.event.flags, 0);
    EXPECT_EQ(r.user(), "alice");
    EXPECT_EQ(r.text(Text::service), "sshd");
    EXPECT_EQ(r.text(Text::tty), "ssh");
    EXPECT_EQ(r.text(Text::ruser), std::nullopt);
    EXPECT_EQ(r.garbage, 0u);
}

TEST(EventLine, ReadsTheWordsInAnyOrder) {
    const Read r =
        read("iptracking/1 tty=t dport=2 user=u host=h src=::1 rhost=r time=7 ruser=q dst=::2 pid=3 service=s "
             "sport=1 event=close_session");
    EXPECT_EQ(r.event.kind, EventKind::close_session);
    EXPECT_EQ(r.event.time_usec, 7);
    EXPECT_EQ(r.event.source, IpAddress::parse("::1"));
    EXPECT_EQ(r.event.destination, IpAddress::parse("::2"));
    EXPECT_EQ(r.event.source_port, 1);
    EXPECT_EQ(r.event.destination_port, 2);
    EXPECT_EQ(r.event.pid, 3);
    EXPECT_EQ(r.user(), "u");
    EXPECT_EQ(r.text(Text::service), "s");
    EXPECT_EQ(r.text(Text::tty), "t");
    EXPECT_EQ(r.text(Text::ruser), "q");
    EXPECT_EQ(r.text(Text::rhost), "r");
    EXPECT_EQ(r.text(Text::host), "h");
}

TEST(EventLine, ReadsWhatTheKernelCountedAndHowTheSessionWasOpened) {
    const std::string counted = " rx_bytes=4711 tx_bytes=0 rx_packets=33 tx_packets=72057594037927936",
                      opened =
                          " auth_info=publickey\\x20ssh-ed25519\\x20AAAA\\x0a auth_method=publickey auth_key=SHA256:k "
                          "cert_id=i cert_serial=18446744073709551615 cert_ca=SHA256:c";
    for (const std::string &words : {" pid=7" + counted + " user=a tty=t" + opened + " cut=auth_info",
                                     opened + " user=a" + counted, counted + opened + " x=1 user=a"}) {
        const Read r = read("iptracking/1 event=open_session" + words);
        EXPECT_EQ(r.user(), "a");
        EXPECT_EQ(r.counter(Counter::rx_bytes), "4711") << words;
        EXPECT_EQ(r.counter(Counter::tx_bytes), "0") << words;
        EXPECT_EQ(r.counter(Counter::rx_packets), "33") << words;
        EXPECT_EQ(r.counter(Counter::tx_packets), "72057594037927936") << words;
        EXPECT_EQ(r.text(Text::auth_info), "publickey\\x20ssh-ed25519\\x20AAAA\\x0a") << words;
        EXPECT_EQ(r.text(Text::auth_method), "publickey") << words;
        EXPECT_EQ(r.text(Text::auth_key), "SHA256:k") << words;
        EXPECT_EQ(r.text(Text::cert_id), "i") << words;
        EXPECT_EQ(r.text(Text::cert_serial), "18446744073709551615") << words;
        EXPECT_EQ(r.text(Text::cert_ca), "SHA256:c") << words;
    }
}

TEST(EventLine, ReadsEachOfThemAlone) {
    EXPECT_EQ(read_words("tx_packets=1").counter(Counter::tx_packets), "1");
    EXPECT_EQ(read_words("tx_packets=1").counter(Counter::rx_packets), std::nullopt);
    EXPECT_EQ(read_words("cert_ca=c").text(Text::cert_ca), "c");
    EXPECT_EQ(read_words("auth_key=").text(Text::auth_key), "");
    EXPECT_EQ(read_words("rx_bytes=1 rx_bytes=2").counter(Counter::rx_bytes), "1");
}

TEST(EventLine, LeavesOutKeysThatBeginAsTheseDo) {
    const Read r =
        read_words("rx_byte=1 rx_bytes2=x tx_errors=x rx_packet=x auth_inf=1 auth_infos=2 cert_=3 cert_serials=4 "
                   "auth_keys=5 user=a");
    EXPECT_EQ(r.user(), "a");
    EXPECT_EQ(r.counter(Counter::rx_bytes), std::nullopt);
    for (std::size_t i = plain_texts; i < r.event.texts.size(); ++i)
        EXPECT_EQ(r.event.texts[i].offset, 0) << i;
}

TEST(EventLine, RefusesACounterThatIsNone) {
    EXPECT_EQ(reason_at("iptracking/1 event=auth rx_bytes=^"), "not a counter");
    EXPECT_EQ(reason_at("iptracking/1 event=auth rx_bytes=^-1"), "not a counter");
    EXPECT_EQ(reason_at("iptracking/1 event=auth tx_bytes=^1x user=a"), "not a counter");
    EXPECT_EQ(reason_at("iptracking/1 event=auth rx_packets=^72057594037927937"), "not a counter");
    EXPECT_EQ(reason_at("iptracking/1 event=auth tx_packets=^10000000000000000000000"), "not a counter");
}

TEST(EventLine, ReadsASampleAndItsEnd) {
    const Read sample = read("iptracking/1 event=sample time=7 src=::1 sport=1 dst=::2 dport=2 rx_bytes=3 tx_bytes=4 "
                             "rx_packets=5 tx_packets=6");
    EXPECT_EQ(sample.event.kind, EventKind::sample);
    EXPECT_EQ(sample.event.outcome, Outcome::none);
    EXPECT_EQ(sample.counter(Counter::tx_packets), "6");
    const Read end = read("iptracking/1 event=sample time=7 dport=2");
    EXPECT_EQ(end.event.kind, EventKind::sample);
    EXPECT_EQ(end.event.destination_port, 2);
}

TEST(EventLine, TellsThatTheAuthInfoWasCut) {
    EXPECT_EQ(read_words("cut=auth_info").event.flags, flag::cut_auth_info);
    EXPECT_EQ(read_words("cut=tty,auth_info,user").event.flags, flag::cut_auth_info | flag::cut_user | flag::cut_other);
}

TEST(EventLine, NeedsNothingButTheEvent) {
    const Read r = read("iptracking/1 event=auth");
    EXPECT_EQ(r.event.kind, EventKind::auth);
    EXPECT_EQ(r.event.time_usec, no_time);
    EXPECT_TRUE(r.event.source.is_absent());
    EXPECT_TRUE(r.event.destination.is_absent());
    EXPECT_EQ(r.event.pid, 0);
    EXPECT_EQ(r.event.flags, 0);
    EXPECT_EQ(r.text(Text::user), std::nullopt);
}

TEST(EventLine, TakesSeveralBlanksForOne) {
    const Read r = read("iptracking/1   event=auth  user=a ");
    EXPECT_EQ(r.user(), "a");
}

TEST(EventLine, TakesAnAuthForAnAttempt) {
    EXPECT_EQ(read("iptracking/1 event=auth").event.outcome, Outcome::attempt);
}

TEST(EventLine, TakesAnAccountForAnAuthThatSucceeded) {
    const Read r = read("iptracking/1 event=account");
    EXPECT_EQ(r.event.kind, EventKind::auth);
    EXPECT_EQ(r.event.outcome, Outcome::success);
}

TEST(EventLine, GivesSessionsNoOutcome) {
    EXPECT_EQ(read("iptracking/1 event=open_session").event.outcome, Outcome::none);
    EXPECT_EQ(read("iptracking/1 event=close_session").event.outcome, Outcome::none);
}

TEST(EventLine, KeepsAnEventThatItDoesNotKnowAsUnknown) {
    for (const char *event : {"exec", "", "AUTH", "auth2", "unknown", "password", "1"}) {
        const Read r = read("iptracking/1 event="s + event + " user=a");
        EXPECT_EQ(r.event.kind, EventKind::unknown) << event;
        EXPECT_EQ(r.event.outcome, Outcome::none) << event;
        EXPECT_EQ(r.user(), "a") << event;
    }
}

TEST(EventLine, TakesTheOutcomeThatASourceKnows) {
    EXPECT_EQ(read("iptracking/1 event=auth outcome=failure").event.outcome, Outcome::failure);
    EXPECT_EQ(read("iptracking/1 outcome=success event=auth").event.outcome, Outcome::success);
    EXPECT_EQ(read("iptracking/1 event=account outcome=attempt").event.outcome, Outcome::attempt);
    EXPECT_EQ(read("iptracking/1 event=close_session outcome=failure").event.outcome, Outcome::failure);
}

TEST(EventLine, TakesTheHighestNumbers) {
    const Read r = read_words("time=253402300799999999 sport=65535 dport=65535 pid=2147483647");
    EXPECT_EQ(r.event.time_usec, latest_time_usec);
    EXPECT_EQ(r.event.source_port, 65535);
    EXPECT_EQ(r.event.destination_port, 65535);
    EXPECT_EQ(r.event.pid, 2147483647);
}

TEST(EventLine, TakesZeroForANumber) {
    const Read r = read_words("time=0 sport=0 dport=0 pid=0");
    EXPECT_EQ(r.event.time_usec, 0);
    EXPECT_EQ(r.event.pid, 0);
}

TEST(EventLine, TakesIPv6WithAZoneAndMappedIPv4) {
    const Read r = read_words("src=fe80::1%eth0 dst=::ffff:198.51.100.5");
    EXPECT_EQ(r.event.source, IpAddress::parse("fe80::1"));
    EXPECT_EQ(r.event.destination, IpAddress::parse("198.51.100.5"));
}

TEST(EventLine, KnowsWhichTextsWereCut) {
    EXPECT_EQ(read_words("cut=user").event.flags, flag::cut_user);
    EXPECT_EQ(read_words("cut=rhost").event.flags, flag::cut_other);
    EXPECT_EQ(read_words("cut=user,rhost").event.flags, flag::cut_user | flag::cut_other);
    EXPECT_EQ(read_words("cut=tty,user").event.flags, flag::cut_user | flag::cut_other);
    EXPECT_EQ(read_words("cut=").event.flags, 0);
    EXPECT_EQ(read_words("cut=users").event.flags, flag::cut_other);
}

TEST(EventLine, FlagsAnEmptyUserButNoOtherEmptyText) {
    const Read empty = read_words("user= tty=");
    EXPECT_EQ(empty.event.flags, flag::empty_user);
    EXPECT_EQ(empty.user(), "");
    EXPECT_EQ(empty.text(Text::tty), "");
    EXPECT_EQ(read_words("user=a tty=").event.flags, 0);
}

TEST(EventLine, KeepsTextsAsTheyStandInTheLine) {
    EXPECT_EQ(read_words("user=a\\x20b").user(), "a\\x20b");
    EXPECT_EQ(read_words("user=\xff\xc3\xa9").user(), "\xff\xc3\xa9");
    EXPECT_EQ(read_words("user==x=y").user(), "=x=y");
}

TEST(EventLine, IgnoresKeysThatItDoesNotKnow) {
    const Read r = read_words("a=1 users=x useR=x evnt=x colour=red nationality=x src4=x =x user=alice");
    EXPECT_EQ(r.user(), "alice");
    EXPECT_EQ(r.event.kind, EventKind::auth);
}

TEST(EventLine, TakesTheFirstOfAKeyGivenTwice) {
    const Read r =
        read("iptracking/1 event=auth user=first src=192.0.2.1 event=close_session user=second src=192.0.2.2 "
             "src=nonsense user= cut=user cut=tty");
    EXPECT_EQ(r.event.kind, EventKind::auth);
    EXPECT_EQ(r.user(), "first");
    EXPECT_EQ(r.event.source, IpAddress::parse("192.0.2.1"));
    EXPECT_EQ(r.event.flags, flag::cut_user);
}

TEST(EventLine, SaysWhereANumberIsWrong) {
    EXPECT_EQ(reason_at("iptracking/1 event=auth time=^253402300800000000"), "not a time in microseconds");
    EXPECT_EQ(reason_at("iptracking/1 event=auth time=^-1"), "not a time in microseconds");
    EXPECT_EQ(reason_at("iptracking/1 event=auth time=^1763716655.1"), "not a time in microseconds");
    EXPECT_EQ(reason_at("iptracking/1 event=auth time=^99999999999999999999"), "not a time in microseconds");
    EXPECT_EQ(reason_at("iptracking/1 event=auth sport=^65536"), "not a port");
    EXPECT_EQ(reason_at("iptracking/1 event=auth sport=^ dport=1"), "not a port");
    EXPECT_EQ(reason_at("iptracking/1 event=auth dport=^ssh"), "not a port");
    EXPECT_EQ(reason_at("iptracking/1 event=auth dport=^+22"), "not a port");
    EXPECT_EQ(reason_at("iptracking/1 event=auth dport=^22x user=a"), "not a port");
    EXPECT_EQ(reason_at("iptracking/1 event=auth pid=^2147483648"), "not a process id");
    EXPECT_EQ(reason_at("iptracking/1 event=auth pid=^-4"), "not a process id");
    EXPECT_EQ(reason_at("iptracking/1 event=auth pid=^0x10"), "not a process id");
}

TEST(EventLine, SaysWhereAnAddressIsWrong) {
    EXPECT_EQ(reason_at("iptracking/1 event=auth src=^192.0.2.256"), "not an address");
    EXPECT_EQ(reason_at("iptracking/1 event=auth src=^"), "not an address");
    EXPECT_EQ(reason_at("iptracking/1 event=auth dst=^host.example user=a"), "not an address");
}

TEST(EventLine, SaysWhereAnOutcomeIsWrong) {
    EXPECT_EQ(reason_at("iptracking/1 event=auth outcome=^none"), "not an outcome");
    EXPECT_EQ(reason_at("iptracking/1 event=auth outcome=^"), "not an outcome");
    EXPECT_EQ(reason_at("iptracking/1 event=auth outcome=^Success"), "not an outcome");
}

TEST(EventLine, SaysWhereAWordIsNoKeyWithAValue) {
    EXPECT_EQ(reason_at("iptracking/1 event=auth ^alice src=192.0.2.1"), "not key=value");
    EXPECT_EQ(reason_at("iptracking/1 ^event"), "not key=value");
}

TEST(EventLine, SaysThatTheEventIsMissing) {
    EXPECT_EQ(reason_at("iptracking/1^"), "'event' is missing");
    EXPECT_EQ(reason_at("iptracking/1 user=a^"), "'event' is missing");
}

TEST(EventLine, RefusesControlCharacters) {
    for (const char c : {'\0', '\t', '\r', '\x1b', '\x1f', '\x7f'})
        EXPECT_EQ(reason_at("iptracking/1 event=auth ^user=a"s + c + " src=192.0.2.1"), "a control character")
            << static_cast<int>(c);
    EXPECT_EQ(read_words("user=a\x80").user(), "a\x80");
}

TEST(EventLine, RefusesWhatIsNoLine) {
    EXPECT_EQ(reason_at("^"), "neither 'iptracking/1' nor the comma form");
    EXPECT_EQ(reason_at("^garbage"), "neither 'iptracking/1' nor the comma form");
    EXPECT_EQ(reason_at("^iptracking/2 event=auth"), "neither 'iptracking/1' nor the comma form");
    EXPECT_EQ(reason_at("^iptracking/10 event=auth"), "neither 'iptracking/1' nor the comma form");
    EXPECT_EQ(reason_at("^Iptracking/1 event=auth"), "neither 'iptracking/1' nor the comma form");
    EXPECT_EQ(reason_at("^iptracking/1\tevent=auth"), "neither 'iptracking/1' nor the comma form");
    EXPECT_EQ(reason_at("^\0\0\0"s), "neither 'iptracking/1' nor the comma form");
}

TEST(EventLine, SkipsGarbageInFrontOfALine) {
    for (const std::string &garbage : {"x"s, "some words "s, "\x01\xff="s, "iptracking/"s, "iptracking/1x "s}) {
        const Read r = read(garbage + "iptracking/1 event=auth user=alice src=192.0.2.1");
        EXPECT_EQ(r.garbage, garbage.size());
        EXPECT_EQ(r.user(), "alice");
        EXPECT_EQ(r.event.source, IpAddress::parse("192.0.2.1"));
    }
}

TEST(EventLine, SkipsNulsInFrontOfALine) {
    const Read r = read(std::string(100, '\0') + "iptracking/1 event=auth user=alice");
    EXPECT_EQ(r.garbage, 100u);
    EXPECT_EQ(r.user(), "alice");
}

TEST(EventLine, CountsTheColumnOfAnErrorFromTheBeginningOfTheGarbage) {
    EXPECT_EQ(reason_at("garbage iptracking/1 event=auth sport=^x"), "not a port");
}

TEST(EventLine, LosesOnlyTheHalfLineInFrontOfAGoodOne) {
    const std::string whole =
        "iptracking/1 event=auth time=1763716655123456 user=alice src=192.0.2.7 sport=51234 cut=user";
    const std::string good = "iptracking/1 event=open_session user=bob src=192.0.2.8";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Read r = read(whole.substr(0, size) + good);
        EXPECT_EQ(r.garbage, size);
        EXPECT_EQ(r.event.kind, EventKind::open_session);
        EXPECT_EQ(r.user(), "bob");
        EXPECT_EQ(r.event.source, IpAddress::parse("192.0.2.8"));
        EXPECT_EQ(r.event.source_port, 0);
        EXPECT_EQ(r.event.flags, 0);
    }
}

TEST(EventLine, LosesOnlyTheHalfThatAPowerCutLeftWhateverNamesStandInIt) {
    const auto line_with = [](const std::string &name) {
        return "iptracking/1 event=auth time=5 pid=7 user=" + name + " service=su tty=" + name + " ruser=" + name;
    };
    const std::vector<std::string> names = {"",
                                            "a",
                                            "iptracking/1",
                                            "xiptracking/1",
                                            "iptracking/1iptracking/1",
                                            "iptracking/1\\x20event\\x3daccount",
                                            "event\\x3daccount",
                                            "\\x0a",
                                            ",,1,3,x,2026-11-21\\x2013:05:07",
                                            "198.51.100.5,192.0.2.7,1,auth,"};
    for (const std::string &torn : names)
        for (const std::string &name : names)
            for (const std::size_t nuls : {0, 1, 50}) {
                const std::string half = line_with(torn), whole = line_with(name);
                for (std::size_t size = 0; size < half.size(); ++size) {
                    const Read r = read(half.substr(0, size) + std::string(nuls, '\0') + whole);
                    ASSERT_EQ(r.garbage, size + nuls) << half.substr(0, size) << " before " << whole;
                    ASSERT_EQ(r.user(), name);
                    ASSERT_EQ(r.event.outcome, Outcome::attempt);
                }
            }
}

TEST(EventLine, TakesTheLineBehindAHalfLineWithABlankAtItsEnd) {
    const Read r = read("iptracking/1 event=auth user=alice iptracking/1 event=auth user=bob");
    EXPECT_EQ(r.user(), "bob");
}

TEST(EventLine, TakesTheLastOfSeveralLinesThatRanIntoOneAnother) {
    const Read r = read("iptracking/1 event=auth user=aiptracking/1 event=auth user=biptracking/1 event=auth user=c");
    EXPECT_EQ(r.user(), "c");
}

TEST(EventLine, KeepsAUserWhoseNameIsOurFirstWord) {
    for (const char *name : {"iptracking/1", "xiptracking/1", "iptracking/1iptracking/1", "iptracking/1x"}) {
        const Read r = read("iptracking/1 event=auth user="s + name + " service=sshd tty=ssh");
        EXPECT_EQ(r.user(), name);
        EXPECT_EQ(r.text(Text::service), "sshd");
        EXPECT_EQ(r.garbage, 0u);
        EXPECT_EQ(read("iptracking/1 event=auth user="s + name).user(), name);
    }
}

TEST(EventLine, KeepsAUserWhoseNameIsOurFirstWordBehindGarbageToo) {
    for (const std::string &garbage : {"\0\0"s, "garbage "s, "iptracking/1 event=au"s}) {
        const Read r = read(garbage + "iptracking/1 event=auth user=iptracking/1 service=sshd");
        EXPECT_EQ(r.garbage, garbage.size());
        EXPECT_EQ(r.user(), "iptracking/1");
    }
}

TEST(EventLine, KeepsSeveralTextsThatAreOurFirstWord) {
    const Read r = read_words("user=iptracking/1 ruser=iptracking/1 rhost=iptracking/1");
    EXPECT_EQ(r.user(), "iptracking/1");
    EXPECT_EQ(r.text(Text::rhost), "iptracking/1");
}

TEST(EventLine, LetsNoEscapedTextBeginALine) {
    const Read r = read_words("user=iptracking/1\\x20event\\x3dopen_session\\x20user\\x3droot tty=ssh");
    EXPECT_EQ(r.event.kind, EventKind::auth);
    EXPECT_EQ(r.user(), "iptracking/1\\x20event\\x3dopen_session\\x20user\\x3droot");
}

TEST(EventLine, MayBeAsLongAsAPipeWritesWhole) {
    const std::string head = "iptracking/1 event=auth tty=t user=";
    const std::string longest = head + std::string(line::max_size - 1 - head.size(), 'x');
    EXPECT_EQ(read(longest).user().size(), line::max_size - 1 - head.size());
    const ParsedLine longer = parse_event_line(longest + "x");
    ASSERT_FALSE(longer.event);
    EXPECT_STREQ(longer.error.reason, "longer than 4096 bytes");
    EXPECT_EQ(longer.error.column, line::max_size + 1);
}

TEST(EventLine, FindsAGoodLineAtTheEndOfAnOverLongOne) {
    const std::string garbage = "iptracking/1 event=auth user=" + std::string(100'000, 'x');
    const Read r = read(garbage + "iptracking/1 event=auth user=alice");
    EXPECT_EQ(r.garbage, garbage.size());
    EXPECT_EQ(r.user(), "alice");
}

TEST(EventLine, DoesNotTakeTheMiddleOfAnOverLongLine) {
    const ParsedLine parsed = parse_event_line("x iptracking/1 event=auth user=" + std::string(5000, 'x'));
    EXPECT_FALSE(parsed.event);
}

TEST(EventLine, IsNotSlowWithALineFullOfBeginnings) {
    std::string line;
    while (line.size() < 1024 * 1024)
        line += "iptracking/1 ";
    EXPECT_FALSE(parse_event_line(line).event);
    EXPECT_FALSE(parse_event_line(line.substr(0, 4000)).event);
}

TEST(EventKind, HasTheNamesOfTheSchema) {
    EXPECT_STREQ(name_of(EventKind::unknown), "unknown");
    EXPECT_STREQ(name_of(EventKind::auth), "auth");
    EXPECT_STREQ(name_of(EventKind::open_session), "open_session");
    EXPECT_STREQ(name_of(EventKind::close_session), "close_session");
    EXPECT_STREQ(name_of(EventKind::sample), "sample");
}

TEST(Outcome, HasTheNamesOfTheSchemaAndNoneForNone) {
    EXPECT_EQ(name_of(Outcome::none), nullptr);
    EXPECT_STREQ(name_of(Outcome::attempt), "attempt");
    EXPECT_STREQ(name_of(Outcome::success), "success");
    EXPECT_STREQ(name_of(Outcome::failure), "failure");
}

} // namespace
} // namespace iptracking
