// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <vector>

namespace iptracking::test {

/// An event as it happens; nothing is known where a text is empty or a number 0.
struct SimulatedEvent {
    std::int64_t time = 0;    ///< microseconds
    const char *event = "";   ///< auth, account, open_session, close_session
    const char *service = ""; ///< sshd, sudo, su
    const char *host = "";
    const char *destination = "";
    const char *tty = "";
    std::string user, ruser, source;
    int source_port = 0, pid = 0;
};

struct SimulationWish {
    std::int64_t rows = 1'000'000; ///< about so many until `end`
    int days = 365;
    std::uint64_t seed = 1;
    std::int64_t end = 0; ///< microseconds
};

/// What three hosts on the Internet see, in the order of time, always the same for the same wish.  Of the events about
///   60 of 100 are attempts from addresses that try some names of a dictionary, in minutes or in weeks,
///   15 are attempts of a few addresses that try thousands within an hour,
///   11 are logins of 300 people: by key or password, often with a wrong one first, from office, home and elsewhere,
///   10 are logins of robots by key, every few minutes, that end after seconds,
///    4 are su and sudo, without an address.
class SimulatedLogins {
public:
    explicit SimulatedLogins(const SimulationWish &wish);

    /// The next one; stays until the next call.  Endless.
    const SimulatedEvent &next();

private:
    /// Somebody who does one thing after the other.  `script`: a attempt, s success, o open, c close.
    struct Actor {
        SimulatedEvent event;
        std::string script;
        std::size_t at = 0;
        bool dictionary = false; ///< each attempt with another name; the script begins again
        std::int64_t left = 0;   ///< attempts
        int until_next_port = 0;
        double interval = 0, length = 0; ///< microseconds: between attempts, of the session
    };
    struct Person {
        std::string name;
        std::vector<std::string> addresses;
        bool by_key;
    };
    /// Things of one kind begin so often that in the end they make this share of the rows.
    enum class Arrival { scan, burst, person, robot, local, count_ };
    struct Pending {
        std::int64_t time;
        std::uint64_t order;
        int who; ///< an Actor, or -1 - Arrival
        bool operator>(const Pending &other) const noexcept {
            return time != other.time ? time > other.time : order > other.order;
        }
    };

    double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    double between(double low, double high); ///< evenly over the orders of magnitude
    std::size_t skewed(std::size_t limit);   ///< the n-th about 1/n as often as the first
    double exponential(double mean);

    std::string v4_address();
    std::string v6_address();
    std::string scanner_address() { return below(20) == 0 ? v6_address() : v4_address(); }
    std::string dictionary_name();

    void make_people();
    int new_actor();
    void schedule(std::int64_t time, int who) { pending_.push({time, order_++, who}); }
    void arrive(Arrival arrival, std::int64_t now);
    std::int64_t begin_scan(std::int64_t now, bool burst);
    std::int64_t begin_login(std::int64_t now);
    std::int64_t begin_robot(std::int64_t now);
    std::int64_t begin_local(std::int64_t now);
    void connect(Actor &actor, bool with_address);
    void act(int who, std::int64_t now);
    double pace(std::int64_t now) const;

    SimulationWish wish_;
    std::mt19937_64 random_;
    std::int64_t begin_;
    double duration_;
    std::int64_t given_ = 0;
    std::uint64_t order_ = 0;
    int last_pid_ = 1000;
    std::size_t next_robot_ = 0;
    std::vector<std::string> names_;
    std::vector<Person> people_;
    std::vector<Actor> actors_;
    std::vector<int> free_;
    std::priority_queue<Pending, std::vector<Pending>, std::greater<>> pending_;
    SimulatedEvent event_;
    bool is_there_ = false;
};

} // namespace iptracking::test
