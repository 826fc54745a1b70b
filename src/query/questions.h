// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/answer.h"
#include "query/asked_database.h"
#include "query/selection.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

/// What can be asked.  Of each question `…_columns()` says what its rows hold; they live for ever.  Names of the
/// columns are a contract with those who read JSON and CSV.
namespace iptracking {

enum class Order : std::uint8_t { oldest_first, newest_first };

/// Of a list: these of the newest, in this order.
struct Extent {
    Order order = Order::oldest_first;
    std::optional<std::int64_t> limit; ///< none: all
};

// --- events -------------------------------------------------------------------------------------------------------

/// time event outcome user source source_port destination destination_port service tty host pid ruser rhost origin
/// flags method key cert_id cert_serial cert_ca rx_bytes tx_bytes rx_packets tx_packets id.  An empty user name is ""
/// (and flags has 1), all other text is stored text.
std::span<const Column> events_columns();
/// Read piece by piece: the sink may wait.
void ask_events(AskedDatabase &database, const Selection &selection, const Extent &extent, const RowSink &sink);

/// Gives the events that are stored while somebody looks.
class EventFollower {
public:
    /// From now on.
    EventFollower(AskedDatabase &database, const Selection &selection);
    ~EventFollower();
    /// The new ones, each once.
    void ask(const RowSink &sink);
    /// Those with greater ids are new.
    std::int64_t begin() const noexcept { return begin_; }

private:
    struct Shown;
    AskedDatabase &database_;
    Selection selection_;
    std::int64_t begin_ = 0;
    std::unique_ptr<Shown> shown_;
};

// --- sessions -----------------------------------------------------------------------------------------------------

enum class Sessions : std::uint8_t {
    all,
    open,   ///< whose state is "open"
    closed, ///< all others
};
/// user source source_port tty service host start end duration state pid destination destination_port rhost origin
/// method key cert_id cert_serial cert_ca rx_bytes tx_bytes id.  state: open; closed; gone: its process is not there
/// any more (on this host), or its connection, where it was sampled; crash: this host was booted since. `selection`
/// selects by what opened the session.
std::span<const Column> sessions_columns();
void ask_sessions(AskedDatabase &database, const Selection &selection, const Extent &extent, Sessions which,
                  const RowSink &sink);

// --- counts by user, address, net ---------------------------------------------------------------------------------

enum class TopBy : std::uint8_t {
    users,
    addresses,
    nets,
    hosts,    ///< that recorded it
    services, ///< of PAM
    total,    ///< all in one row
};
enum class TopOrder : std::uint8_t { events, failures, key };

struct Top {
    TopBy by = TopBy::addresses;
    TopOrder order = TopOrder::events; ///< failures: those without any are left out
    std::optional<std::int64_t> limit; ///< none: all
    int prefix = 24, prefix6 = 64;     ///< of nets
};
/// user | address | net | host | service, then events attempts failures successes sessions success_ratio first last.
std::span<const Column> top_columns(TopBy by);
void ask_top(AskedDatabase &database, const Selection &selection, const Top &top, const RowSink &sink);

// --- how much was moved --------------------------------------------------------------------------------------------

enum class TrafficBy : std::uint8_t {
    users, ///< these two of sessions, all others of connections that became none too
    days,  ///< and users
    addresses,
    nets,
    hosts,
    total,
};

struct TrafficSums {
    TrafficBy by = TrafficBy::users;
    std::optional<std::int64_t> limit; ///< of days: the last rows
    int prefix = 24, prefix6 = 64;     ///< of nets
    bool utc = false;                  ///< days; else those of the local time zone
};
/// user | day user | address | net | host, then sessions rx_bytes tx_bytes bytes rx_packets tx_packets first last: what
/// was moved in the time of the selection, those that moved most first, days in their order.  sessions: and
/// connections.
std::span<const Column> traffic_columns(TrafficBy by);
void ask_traffic(AskedDatabase &database, const Selection &selection, const TrafficSums &sums, const RowSink &sink);

/// user source source_port service host start end state method key rx_bytes_before tx_bytes_before rx_bytes_during
/// tx_bytes_during rx_bytes tx_bytes sample id: sessions whose counters are known.  before: until it was opened, so
/// also until the login; rx_bytes: all; sample: when they were counted last while it was open.
std::span<const Column> session_traffic_columns();
void ask_session_traffic(AskedDatabase &database, const Selection &selection, const Extent &extent,
                         const RowSink &sink);

// --- keys ---------------------------------------------------------------------------------------------------------

/// key sessions users addresses cert_ids cert_cas first last: which keys opened sessions, those that did last first. Of
/// each list at most 100, the last ones first.
std::span<const Column> keys_columns();
void ask_keys(AskedDatabase &database, const Selection &selection, std::optional<std::int64_t> limit,
              const RowSink &sink);

/// The same of those keys alone that opened no session before.
void ask_new_keys(AskedDatabase &database, const Selection &selection, const RowSink &sink);

// --- all about one ------------------------------------------------------------------------------------------------

/// user first last events attempts failures successes sessions success_ratio mean_interval addresses nets others.
/// addresses: where the user got in from; nets: theirs; others: other users who got in from there.
std::span<const Column> user_columns();
/// One row, or none.  `selection` restricts the events that count; its users are not looked at.
void ask_user(AskedDatabase &database, const Selection &selection, const std::string &user, const RowSink &sink);

/// address net first last events attempts failures successes sessions success_ratio mean_interval users tried.
/// users: who got in from there; tried: who tried and did not, those who tried most first, at most 100.
std::span<const Column> address_columns();
void ask_address(AskedDatabase &database, const Selection &selection, const IpAddress &address, const RowSink &sink);

// --- what is suspicious -------------------------------------------------------------------------------------------

/// Many attempts and few sessions: as ask_top() with TopOrder::failures.
inline std::span<const Column> failures_columns(TopBy by) {
    return top_columns(by);
}
void ask_failures(AskedDatabase &database, const Selection &selection, TopBy by, std::optional<std::int64_t> limit,
                  const RowSink &sink);

/// time user source failures first_failure destination service host pid id: successes after attempts from the same
/// address that failed within the hour before, newest first.
std::span<const Column> then_success_columns();
void ask_then_success(AskedDatabase &database, const Selection &selection, std::optional<std::int64_t> limit,
                      const RowSink &sink);

/// time user source destination service host id: the first success of a user from an address, where it is in the
/// selection; newest first.
std::span<const Column> new_columns();
void ask_new(AskedDatabase &database, const Selection &selection, std::optional<std::int64_t> limit,
             const RowSink &sink);

// --- counts by time -----------------------------------------------------------------------------------------------

enum class DailyBy : std::uint8_t {
    day,          ///< day "2026-11-21"; days without events too
    hour,         ///< hour 0 to 23, of all days together
    weekday,      ///< weekday "Monday" to "Sunday"
    weekday_hour, ///< weekday and hour: 168 rows
    each_hour,    ///< start: each hour, those without events too
};
/// The above, then events attempts failures successes sessions.  In the local time zone, or UTC.
std::span<const Column> daily_columns(DailyBy by);
void ask_daily(AskedDatabase &database, const Selection &selection, DailyBy by, bool utc, const RowSink &sink);

} // namespace iptracking
