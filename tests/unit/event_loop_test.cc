// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop/event_loop.h"

#include "base/error.h"
#include "base/unique_fd.h"
#include "loop/sources.h"

#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <optional>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace iptracking {
namespace {

using namespace std::chrono_literals;

struct Pipe {
    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
            throw_errno(errno, "cannot make a pipe");
        reading = UniqueFd(ends[0]);
        writing = UniqueFd(ends[1]);
    }
    void write() { EXPECT_EQ(::write(writing.get(), "x", 1), 1); }
    void read() {
        char byte;
        EXPECT_EQ(::read(reading.get(), &byte, 1), 1);
    }
    UniqueFd reading, writing;
};

/// Ends the loop in any case: a test that waits for a fact that never comes should fail, not hang.
class Alarm {
public:
    explicit Alarm(EventLoop &loop) : timer_(loop, [] { throw Error("nothing happened"); }) { timer_.start(10s); }

private:
    Timer timer_;
};

class Loop : public testing::Test {
protected:
    /// Until everything that is due now has had its turn.
    void turn() {
        Deferred last(loop, [this] { loop.exit(); });
        last.schedule();
        loop.run();
    }

    EventLoop loop;
    std::vector<std::string> calls;
};

TEST_F(Loop, ThrowsAgainWhatACallbackThrew) {
    Deferred deferred(loop, [] { throw SystemError(ENOSPC, "cannot write"); });
    deferred.schedule();
    try {
        loop.run();
        FAIL() << "nothing was thrown";
    } catch (const SystemError &error) {
        EXPECT_EQ(error.code(), ENOSPC);
    }
}

TEST_F(Loop, ThrowsAgainWhatACallbackOfATimerOrADescriptorThrew) {
    {
        EventLoop own;
        Timer timer(own, [] { throw Error("timer"); });
        timer.start(0s);
        EXPECT_THROW(own.run(), Error);
    }
    {
        EventLoop own;
        Pipe pipe;
        IoSource source(own, [](std::uint32_t) { throw Error("descriptor"); });
        source.open(pipe.writing.get(), EPOLLOUT);
        EXPECT_THROW(own.run(), Error);
    }
}

TEST_F(Loop, ThrowsTheFirstOfTwoFailures) {
    try {
        loop.guard([] { throw Error("first"); });
        loop.guard([] { throw Error("second"); });
        loop.run();
        FAIL() << "nothing was thrown";
    } catch (const Error &error) {
        EXPECT_STREQ(error.what(), "first");
    }
}

TEST_F(Loop, CallsNobodyAfterAFailure) {
    Deferred failing(loop, [] { throw Error("failed"); });
    Timer later(loop, [&] { calls.emplace_back("later"); });
    failing.schedule();
    later.start(1ms);
    EXPECT_THROW(loop.run(), Error);
    EXPECT_TRUE(calls.empty());
}

TEST_F(Loop, LetsNoOtherTypeThanAnExceptionThrough) {
    Deferred deferred(loop, [] { throw 5; });
    deferred.schedule();
    EXPECT_THROW(loop.run(), int);
}

TEST_F(Loop, CallsBackOnASignal) {
    Alarm alarm(loop);
    loop.on_signal(SIGUSR1, [&] {
        calls.emplace_back("signal");
        loop.exit();
    });
    ::raise(SIGUSR1);
    loop.run();
    EXPECT_EQ(calls.size(), 1u);
}

TEST_F(Loop, CallsADeferredOnceHoweverOftenItWasScheduled) {
    Deferred deferred(loop, [&] { calls.emplace_back("deferred"); });
    deferred.schedule();
    deferred.schedule();
    Timer end(loop, [&] { loop.exit(); });
    end.start(1ms);
    loop.run();
    EXPECT_EQ(calls.size(), 1u);
}

TEST_F(Loop, DoesNotCallADeferredThatWasNotScheduledOrWasCancelled) {
    Deferred idle(loop, [&] { calls.emplace_back("idle"); });
    Deferred cancelled(loop, [&] { calls.emplace_back("cancelled"); });
    cancelled.schedule();
    cancelled.cancel();
    Timer end(loop, [&] { loop.exit(); });
    end.start(1ms);
    loop.run();
    EXPECT_TRUE(calls.empty());
}

TEST_F(Loop, CallsADeferredFromTheLoopAndNotFromSchedule) {
    Deferred deferred(loop, [&] { loop.exit(); });
    deferred.schedule();
    calls.emplace_back("after schedule");
    loop.run();
    EXPECT_EQ(calls.size(), 1u);
}

TEST_F(Loop, ServesDescriptorsAndSignalsThoughADeferredAlwaysSchedulesItself) {
    int turns = 0;
    std::optional<Deferred> busy;
    busy.emplace(loop, [&] {
        if (++turns < 1000)
            busy->schedule();
        else
            loop.exit();
    });
    int pipe[2];
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const UniqueFd read_end{pipe[0]}, write_end{pipe[1]};
    int read_at = 0, signal_at = 0;
    IoSource reader(loop, [&](std::uint32_t) {
        read_at = turns;
        reader.close();
    });
    reader.open(read_end.get(), EPOLLIN);
    loop.on_signal(SIGUSR1, [&] { signal_at = turns; });
    ASSERT_EQ(::write(write_end.get(), "x", 1), 1);
    ::raise(SIGUSR1);
    busy->schedule();
    loop.run();
    EXPECT_EQ(turns, 1000);
    EXPECT_LT(read_at, 5);
    EXPECT_LT(signal_at, 5);
    EXPECT_GT(read_at + signal_at, 0);
}

TEST_F(Loop, CallsADeferredAgainThatSchedulesItself) {
    int count = 0;
    Alarm alarm(loop);
    std::optional<Deferred> deferred;
    deferred.emplace(loop, [&] {
        if (++count == 3)
            loop.exit();
        else
            deferred->schedule();
    });
    deferred->schedule();
    loop.run();
    EXPECT_EQ(count, 3);
}

TEST_F(Loop, CallsNobodyWhoIsGone) {
    Pipe pipe;
    {
        Deferred deferred(loop, [&] { calls.emplace_back("deferred"); });
        Timer timer(loop, [&] { calls.emplace_back("timer"); });
        IoSource source(loop, [&](std::uint32_t) { calls.emplace_back("source"); });
        deferred.schedule();
        timer.start(0s);
        source.open(pipe.writing.get(), EPOLLOUT);
    }
    Timer end(loop, [&] { loop.exit(); });
    end.start(1ms);
    loop.run();
    EXPECT_TRUE(calls.empty());
}

TEST_F(Loop, CallsATimerOnce) {
    Timer timer(loop, [&] { calls.emplace_back("timer"); });
    timer.start(0s);
    EXPECT_TRUE(timer.running());
    Timer end(loop, [&] { loop.exit(); });
    end.start(5ms);
    loop.run();
    EXPECT_EQ(calls.size(), 1u);
    EXPECT_FALSE(timer.running());
}

TEST_F(Loop, WaitsAnewForATimerThatIsStartedAgain) {
    const auto begin = std::chrono::steady_clock::now();
    Alarm alarm(loop);
    Timer timer(loop, [&] {
        calls.emplace_back("timer");
        loop.exit();
    });
    timer.start(1ms);
    timer.start(30ms);
    loop.run();
    EXPECT_EQ(calls.size(), 1u);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 30ms);
}

TEST_F(Loop, CallsATimerSoonerThatIsStartedAgainForASoonerTime) {
    Alarm alarm(loop);
    Timer timer(loop, [&] { loop.exit(); });
    timer.start(1h);
    timer.start(1ms);
    EXPECT_NO_THROW(loop.run());
}

TEST_F(Loop, CallsATimerNotMuchLaterThanItWasAskedTo) {
    // Ten times, so that a busy machine is not taken for a lazy timer.
    int count = 0;
    std::optional<Timer> timer;
    timer.emplace(loop, [&] {
        if (++count == 10)
            loop.exit();
        else
            timer->start(1ms);
    });
    const auto begin = std::chrono::steady_clock::now();
    timer->start(1ms);
    loop.run();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
}

TEST_F(Loop, DoesNotCallATimerThatWasStoppedUnlessItIsStartedAgain) {
    Timer timer(loop, [&] { calls.emplace_back("timer"); });
    timer.stop();
    timer.start(0s);
    timer.stop();
    EXPECT_FALSE(timer.running());
    turn();
    EXPECT_TRUE(calls.empty());
}

TEST_F(Loop, CallsATimerAgainThatStartsItselfInItsCallback) {
    int count = 0;
    Alarm alarm(loop);
    std::optional<Timer> timer;
    timer.emplace(loop, [&] {
        EXPECT_FALSE(timer->running());
        if (++count == 3)
            loop.exit();
        else
            timer->start(1ms);
    });
    timer->start(1ms);
    loop.run();
    EXPECT_EQ(count, 3);
}

TEST_F(Loop, CallsAgainAsLongAsADescriptorIsReady) {
    Alarm alarm(loop);
    Pipe pipe;
    pipe.write();
    pipe.write();
    IoSource source(loop, [&](std::uint32_t events) {
        EXPECT_EQ(events, static_cast<std::uint32_t>(EPOLLIN));
        pipe.read();
        calls.emplace_back("readable");
        if (calls.size() == 2)
            loop.exit();
    });
    source.open(pipe.reading.get(), EPOLLIN);
    loop.run();
    EXPECT_EQ(calls.size(), 2u);
}

TEST_F(Loop, DoesNotWatchADescriptorThatIsSwitchedOffUntilItIsSwitchedOn) {
    Alarm alarm(loop);
    Pipe pipe;
    pipe.write();
    IoSource source(loop, [&](std::uint32_t) {
        calls.emplace_back("readable");
        loop.exit();
    });
    source.open(pipe.reading.get(), EPOLLIN);
    source.enable(false);
    Timer on(loop, [&] {
        EXPECT_TRUE(calls.empty());
        source.enable(true);
    });
    on.start(1ms);
    loop.run();
    EXPECT_EQ(calls.size(), 1u);
}

TEST_F(Loop, WatchesTheSameDescriptorForSomethingElseFromItsOwnCallback) {
    Alarm alarm(loop);
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const UniqueFd one(ends[0]), other(ends[1]);
    ASSERT_EQ(::write(other.get(), "x", 1), 1);
    std::optional<IoSource> source;
    source.emplace(loop, [&](std::uint32_t events) {
        if (events & EPOLLIN) {
            calls.emplace_back("in");
            source->open(one.get(), EPOLLOUT);
        } else {
            calls.emplace_back("out");
            loop.exit();
        }
    });
    source->open(one.get(), EPOLLIN);
    loop.run();
    EXPECT_EQ(calls, (std::vector<std::string>{"in", "out"}));
}

TEST_F(Loop, CallsNobodyWhoClosedHimselfInHisCallback) {
    Pipe pipe;
    pipe.write();
    std::optional<IoSource> source;
    source.emplace(loop, [&](std::uint32_t) {
        calls.emplace_back("readable");
        source->close();
    });
    source->open(pipe.reading.get(), EPOLLIN);
    Timer end(loop, [&] { loop.exit(); });
    end.start(5ms);
    loop.run();
    EXPECT_EQ(calls.size(), 1u);
}

} // namespace
} // namespace iptracking
