// SPDX-License-Identifier: GPL-2.0-or-later
#include "simulated_logins.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace iptracking::test {
namespace {

constexpr double second = 1e6, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr std::size_t names = 5000, people = 300, nets = 3000;

struct Host {
    const char *name, *v4, *v6;
};
constexpr std::array hosts{Host{"login1", "198.51.100.5", "2001:db8:ff::5"},
                           Host{"login2", "198.51.100.6", "2001:db8:ff::6"},
                           Host{"web", "198.51.100.80", "2001:db8:ff::80"}};
constexpr std::array robots{"backup", "monitoring", "ansible", "deploy", "git", "rsync"};
constexpr std::array well_known{"root",     "admin", "ubuntu", "test", "user",    "oracle",
                                "postgres", "git",   "",       "pi",   "ftpuser", "guest"};

/// Of all rows.
double share(int arrival) {
    return std::array{0.60, 0.15, 0.11, 0.10, 0.04}.at(static_cast<std::size_t>(arrival));
}

/// People come by day and on workdays; 1 is the mean.
double custom_at(std::int64_t time) {
    const auto hours = static_cast<std::int64_t>(static_cast<double>(time) / hour);
    const std::int64_t weekday = (hours / 24 + 4) % 7; // 1970 began on a Thursday
    if (weekday == 0 || weekday == 6)
        return 0.3;
    const std::int64_t of_day = hours % 24;
    return of_day >= 7 && of_day < 18 ? 2.4 : 0.36;
}

} // namespace

SimulatedLogins::SimulatedLogins(const SimulationWish &wish)
    : wish_(wish), random_(wish.seed), begin_(wish.end - static_cast<std::int64_t>(wish.days * day)),
      duration_(wish.days * day) {
    for (const char *const name : well_known)
        names_.emplace_back(name);
    while (names_.size() < names)
        names_.push_back((below(2) ? "user" : "svc-") + std::to_string(below(100'000)));
    make_people();
    for (int arrival = 0; arrival < static_cast<int>(Arrival::count_); ++arrival)
        schedule(begin_ + static_cast<std::int64_t>(uniform() * minute), -1 - arrival);
}

const SimulatedEvent &SimulatedLogins::next() {
    for (is_there_ = false; !is_there_;) {
        const Pending first = pending_.top();
        pending_.pop();
        if (first.who < 0)
            arrive(static_cast<Arrival>(-1 - first.who), first.time);
        else
            act(first.who, first.time);
    }
    ++given_;
    return event_;
}

double SimulatedLogins::between(double low, double high) {
    return low * std::pow(high / low, uniform());
}

std::size_t SimulatedLogins::skewed(std::size_t limit) {
    return std::min(limit - 1, static_cast<std::size_t>(std::pow(static_cast<double>(limit), uniform())) - 1);
}

double SimulatedLogins::exponential(double mean) {
    return -mean * std::log1p(-uniform());
}

std::string SimulatedLogins::v4_address() {
    // Most of the trouble comes from some networks.
    const std::size_t net = below(4) == 0 ? below(1 << 24) : (1 + skewed(nets)) * 2'654'435'761u % (1 << 24);
    char text[16];
    std::snprintf(text, sizeof(text), "%zu.%zu.%zu.%zu", 1 + (net >> 16) % 223, (net >> 8) % 256, net % 256,
                  1 + below(254));
    return text;
}

std::string SimulatedLogins::v6_address() {
    const std::size_t net = (1 + skewed(nets / 4)) * 40'503 % 65'536;
    char text[40];
    std::snprintf(text, sizeof(text), "2a0%zu:%zx:%zx::%zx", net % 10, 1 + net, 1 + below(4), 1 + below(65'535));
    return text;
}

std::string SimulatedLogins::dictionary_name() {
    return below(100) == 0 ? "x" + std::to_string(below(1'000'000)) : names_[skewed(names_.size())];
}

void SimulatedLogins::make_people() {
    for (std::size_t n = 0; n < people; ++n) {
        Person person{
            "person" + std::to_string(n), {"203.0.113." + std::to_string(1 + n % 40), v4_address()}, n % 3 != 0};
        if (n % 2 == 0)
            person.addresses.push_back("2001:db8:" + std::to_string(n + 1) + "::7");
        people_.push_back(person);
    }
}

int SimulatedLogins::new_actor() {
    if (free_.empty()) {
        actors_.emplace_back();
        return static_cast<int>(actors_.size()) - 1;
    }
    const int who = free_.back();
    free_.pop_back();
    actors_[static_cast<std::size_t>(who)] = {};
    return who;
}

/// Things begin faster where the events are late.
double SimulatedLogins::pace(std::int64_t now) const {
    const double wanted = static_cast<double>(now - begin_) / duration_ * static_cast<double>(wish_.rows);
    return std::clamp(std::pow((static_cast<double>(given_) + 50) / (wanted + 50), 8), 0.2, 5.0);
}

void SimulatedLogins::arrive(Arrival arrival, std::int64_t now) {
    std::int64_t rows = 0;
    double custom = 1;
    switch (arrival) {
    case Arrival::scan:
    case Arrival::burst:
        rows = begin_scan(now, arrival == Arrival::burst);
        break;
    case Arrival::person:
        rows = begin_login(now);
        custom = custom_at(now);
        break;
    case Arrival::robot:
        rows = begin_robot(now);
        break;
    default:
        rows = begin_local(now);
        custom = custom_at(now);
    }
    const double mean = static_cast<double>(rows) * duration_ /
                        (share(static_cast<int>(arrival)) * static_cast<double>(wish_.rows)) / custom * pace(now);
    const double gap = arrival == Arrival::robot ? mean : std::min(exponential(mean), custom == 1 ? 30 * day : hour);
    schedule(now + static_cast<std::int64_t>(gap) + 1, -1 - static_cast<int>(arrival));
}

void SimulatedLogins::connect(Actor &actor, bool with_address) {
    actor.event.pid = last_pid_ = last_pid_ == 4'000'000 ? 1000 : last_pid_ + 1;
    if (with_address)
        actor.event.source_port = 1024 + static_cast<int>(below(64'000));
}

std::int64_t SimulatedLogins::begin_scan(std::int64_t now, bool burst) {
    const int who = new_actor();
    Actor &actor = actors_[static_cast<std::size_t>(who)];
    const Host &host = hosts.at(skewed(hosts.size()));
    actor.dictionary = true;
    actor.event.source = scanner_address();
    actor.event.host = host.name;
    actor.event.destination = actor.event.source.find(':') == std::string::npos ? host.v4 : host.v6;
    actor.event.service = "sshd";
    actor.event.tty = "ssh";
    const double most = std::max(100.0, static_cast<double>(wish_.rows) / 200);
    if (burst) {
        actor.left = static_cast<std::int64_t>(std::min(between(3000, 50'000), most));
        actor.interval = between(0.03 * second, 0.3 * second);
    } else if (const std::size_t kind = below(100); kind < 60) {
        actor.left = 1 + static_cast<std::int64_t>(below(5));
        actor.interval = between(second, 10 * minute);
    } else if (kind < 95) {
        actor.left = static_cast<std::int64_t>(between(20, 300));
        actor.interval = between(10 * second, hour);
    } else {
        actor.left = static_cast<std::int64_t>(between(50, 300));
        actor.interval = between(hour, 12 * hour);
    }
    schedule(now + 1, who);
    return actor.left;
}

std::int64_t SimulatedLogins::begin_login(std::int64_t now) {
    const int who = new_actor();
    Actor &actor = actors_[static_cast<std::size_t>(who)];
    const Person &person = people_[skewed(people_.size())];
    const Host &host = hosts.at(skewed(hosts.size()));
    actor.event.user = person.name;
    actor.event.source = below(50) == 0 ? v4_address() : person.addresses[below(person.addresses.size())];
    actor.event.host = host.name;
    actor.event.destination = actor.event.source.find(':') == std::string::npos ? host.v4 : host.v6;
    actor.event.service = "sshd";
    actor.event.tty = "ssh";
    connect(actor, true);
    if (person.by_key) {
        actor.script = "soc";
    } else {
        const std::size_t chance = below(100);
        actor.script = std::string(chance < 72 ? 0 : 1 + chance % 3, 'a') + (chance == 99 ? "" : "asoc");
    }
    actor.length = between(20 * second, 12 * hour);
    if (below(100) == 0 && actor.script.back() == 'c')
        actor.script.pop_back(); // a crash: nobody closes it
    schedule(now + 1, who);
    return static_cast<std::int64_t>(actor.script.size());
}

std::int64_t SimulatedLogins::begin_robot(std::int64_t now) {
    const int who = new_actor();
    Actor &actor = actors_[static_cast<std::size_t>(who)];
    const std::size_t robot = next_robot_++ % robots.size();
    const Host &host = hosts.at(next_robot_ % hosts.size());
    actor.event.user = robots.at(robot);
    actor.event.source = "203.0.113." + std::to_string(200 + robot);
    actor.event.host = host.name;
    actor.event.destination = host.v4;
    actor.event.service = "sshd";
    actor.event.tty = "ssh";
    connect(actor, true);
    actor.script = "soc";
    actor.length = between(0.2 * second, 20 * second);
    schedule(now + 1, who);
    return 3;
}

std::int64_t SimulatedLogins::begin_local(std::int64_t now) {
    const int who = new_actor();
    Actor &actor = actors_[static_cast<std::size_t>(who)];
    actor.event.ruser = people_[skewed(people_.size())].name;
    actor.event.user = below(10) == 0 ? people_[skewed(people_.size())].name : "root";
    actor.event.host = hosts.at(skewed(hosts.size())).name;
    actor.event.service = below(4) == 0 ? "su" : "sudo";
    actor.event.tty = "/dev/pts/3";
    connect(actor, false);
    actor.script = below(15) == 0 ? "aasoc" : below(40) == 0 ? "aaa" : "asoc";
    actor.length = between(0.05 * second, 10 * minute);
    schedule(now + 1, who);
    return static_cast<std::int64_t>(actor.script.size());
}

/// The next event of somebody, and when he goes on.
void SimulatedLogins::act(int who, std::int64_t now) {
    Actor &actor = actors_[static_cast<std::size_t>(who)];
    double pause = 0;
    bool goes_on = false;
    if (actor.dictionary) {
        if (actor.until_next_port-- == 0) {
            connect(actor, true);
            actor.until_next_port = static_cast<int>(below(3));
        }
        actor.event.event = "auth";
        actor.event.user = dictionary_name();
        pause = actor.until_next_port > 0 ? 2 * second : exponential(actor.interval);
        goes_on = --actor.left > 0;
    } else {
        switch (actor.script[actor.at++]) {
        case 'a':
            actor.event.event = "auth";
            pause = between(0.5 * second, 10 * second);
            break;
        case 's':
            actor.event.event = "account";
            pause = between(0.002 * second, 0.05 * second);
            break;
        case 'o':
            actor.event.event = "open_session";
            pause = actor.length;
            break;
        default:
            actor.event.event = "close_session";
        }
        goes_on = actor.at < actor.script.size();
    }
    event_ = actor.event;
    event_.time = now;
    is_there_ = true;
    if (goes_on)
        schedule(now + static_cast<std::int64_t>(pause) + 1, who);
    else
        free_.push_back(who);
}

} // namespace iptracking::test
