// SPDX-License-Identifier: GPL-2.0-or-later
#include "workloads.h"

#include "event/event_line.h"
#include "event/timestamp.h"
#include "line/line_buffer.h"
#include "pam_callback/pam_environment.h"
#include "pam_callback/pam_event.h"
#include "pool/batch.h"
#include "simulated_logins.h"
#include "store/last_attempts.h"
#include "store/row.h"
#include "support.h"

#include <cstdlib>
#include <string_view>

namespace iptracking::bench {
namespace {

/// Keeps the compiler from leaving out what nobody looks at.
template <class Value> void use(const Value &value) {
    asm volatile("" : : "g"(&value) : "memory");
}

constexpr std::size_t lines_in_batch = 4096;

/// `counted`: what the kernel counted of the connection.
std::string line_of(const test::SimulatedEvent &event, std::string_view counted) {
    std::string line = "iptracking/1 event=" + std::string(event.event) + " time=" + std::to_string(event.time);
    if (!event.source.empty())
        line += " src=" + event.source + " sport=" + std::to_string(event.source_port) + " dst=" + event.destination +
                " dport=22";
    line.append(" pid=").append(std::to_string(event.pid)).append(counted);
    line += " user=" + event.user + " service=" + event.service + " tty=" + event.tty;
    return line + (event.ruser.empty() ? "" : " ruser=" + event.ruser);
}

/// As hosts on the Internet have them, each with its newline.
std::string many_lines(std::string_view counted = "") {
    test::SimulatedLogins logins({.rows = 10'000, .days = 3, .end = 1'795'266'000'000'000});
    std::string all;
    for (std::size_t n = 0; n < lines_in_batch; ++n)
        all.append(line_of(logins.next(), counted)).push_back('\n');
    return all;
}

Workload parser(std::string name, std::string_view counted) {
    auto lines = std::make_shared<std::vector<std::string>>(test::split(many_lines(counted), '\n'));
    lines->pop_back(); // behind the last newline
    return {std::move(name), "line", lines->size(), [lines] {
                for (const std::string_view line : *lines)
                    use(parse_event_line(line));
            }};
}

/// From the pipe through the pool to records.
Workload pool() {
    struct State {
        test::Pool pool;
        std::string bytes = many_lines();
        Batch batch;
        Place read = pool.segments.begin();
    };
    auto state = std::make_shared<State>();
    return {"pool: take, parse, release", "line", lines_in_batch, [state] {
                const std::string_view all = state->bytes;
                constexpr std::size_t pipe_holds = 512 * 1024;
                for (std::size_t begin = 0; begin < all.size(); begin += pipe_holds)
                    state->pool.take(all.substr(begin, pipe_holds));
                const auto take = [] { return true; };
                const auto on_damage = [](std::string_view, const char *, std::size_t) { std::abort(); };
                while (fill(state->batch, state->pool.segments, state->read, lines_in_batch, take, on_damage)) {
                    use(state->batch.events.size());
                    state->read = state->batch.to;
                    state->pool.segments.release_until(state->read);
                }
            }};
}

/// What every store writes of an event: its texts, date and addresses.
Workload formatting() {
    auto batch = std::make_shared<Batch>(test::batch_of(many_lines()));
    return {"format a row", "event", lines_in_batch, [batch] {
                RowReader row(*batch);
                for (const Event &event : batch->events) {
                    row.read(event);
                    use(row[Text::user].text);
                    use(format_utc(event.time_usec));
                    if (!event.source.is_absent())
                        use(event.source.to_string());
                    if (!event.destination.is_absent())
                        use(event.destination.to_string());
                }
            }};
}

/// Attempts, every other one of which succeeds, on more connections than are remembered.
Workload attempts() {
    constexpr std::size_t connections = 10'000;
    struct State {
        LastAttempts attempts{4096};
        std::int64_t id = 0;
    };
    auto state = std::make_shared<State>();
    return {"find the attempt of a success", "event", connections * 3 / 2, [state] {
                AuthRow row{
                    .host = "login1", .source = "203.0.113.77", .destination = "198.51.100.5", .service = "sshd"};
                row.destination_port = 22;
                for (std::size_t n = 0; n < connections; ++n) {
                    row.id = ++state->id;
                    row.source_port = static_cast<std::int64_t>(1024 + n);
                    row.pid = static_cast<std::int64_t>(n);
                    row.outcome = Outcome::attempt;
                    use(state->attempts.next(row));
                    if (n % 2 != 0)
                        continue;
                    row.id = ++state->id;
                    row.outcome = Outcome::success;
                    use(state->attempts.next(row));
                }
            }};
}

/// What the callback does before it opens the pipe.
Workload callback() {
    static const char *const environment[] = {
        "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPM8tGd2C6Uy2rWrXxtL7wNy9eYbH9c3zG5lGq0mWc7T",
        "SSH_CONNECTION=2001:db8:85a3::8a2e:370:7334 40022 2001:db8:5::22 22",
        "XDG_SESSION_CLASS=user",
        "PAM_SERVICE=sshd",
        "PAM_USER=alice",
        "PAM_TTY=ssh",
        "PAM_RHOST=2001:db8:85a3::8a2e:370:7334",
        "PAM_TYPE=open_session",
        nullptr,
    };
    return {"callback: environment to line", "event", 1, [] {
                LineBuffer line;
                if (describe_pam_event(line, PamEnvironment(environment), false, false) != ExitStatus::stored)
                    std::abort();
                use(line);
            }};
}

} // namespace

std::vector<Workload> workloads() {
    return {parser("parse_event_line", ""),
            parser("parse_event_line: counted", " rx_bytes=4711 tx_bytes=30210 rx_packets=41 tx_packets=38"),
            pool(),
            formatting(),
            attempts(),
            callback()};
}

} // namespace iptracking::bench
