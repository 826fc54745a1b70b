// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace iptracking {

class Sql;
struct Net;
struct Selection;

/// Rows of inet_log (alias `l`) for who counts what became of the attempts.
struct CountedRows {
    std::string with;   ///< stands before SELECT
    std::string from;   ///< stands behind FROM
    std::string failed; ///< whether the row is an attempt that failed
};

/// Sessions (alias `s`: open_id, close_id), with the events that opened them (`l`).
struct SessionRows {
    std::string from; ///< stands behind FROM
    std::string end;  ///< when it was closed; null: it was not
};

/// What finds them.
enum class SessionsBy : std::uint8_t {
    time,
    open, ///< only those that nothing closed will be asked for
    key,  ///< and no time: only those of the keys of the selection
};
/// `wanted`: what is asked for as a whole, not a piece of it.
SessionsBy sessions_by(const Selection &wanted);

/// Which connections moved something.
enum class MovedBy : std::uint8_t {
    sessions,
    all, ///< those that became no session, too
};

/// How the SQL of a database says what others say in another way.  Each takes and gives pieces of SQL; values become
/// parameters of the statement.  Where it stands for a row of inet_log, its alias is `l`.
class Dialect {
public:
    virtual ~Dialect() = default;

    /// There are summaries: address_count, user_count, quarter_count.
    virtual bool has_summaries() const noexcept = 0;

    // Columns as they arrive.
    virtual std::string time(std::string_view column) const = 0;
    virtual std::string address(std::string_view column) const = 0;
    /// unknown, auth, open_session, close_session
    virtual std::string event(std::string_view column) const = 0;
    /// The net of an address, itself an address.
    virtual std::string net(std::string_view address, int prefix, int prefix6) const = 0;
    /// When the quarter of an hour began that a time is in.
    virtual std::string quarter(std::string_view column) const = 0;

    /// A text to be sorted by, as bytes.
    virtual std::string in_order(std::string_view text) const = 0;

    // Conditions.
    virtual std::string is_event(std::string_view column, std::string_view name) const = 0;
    /// Whether the text is like a pattern of the shell with * and ?.
    virtual std::string is_like(Sql &sql, std::string_view column, std::string_view pattern) const = 0;
    virtual std::string holds(Sql &sql, std::string_view text, std::string_view part) const = 0;
    virtual std::string is_in(Sql &sql, std::string_view column, const Net &net) const = 0;
    /// Whether the row is an attempt that failed; for lists, which look at few rows.
    virtual std::string failed() const = 0;
    virtual CountedRows counted_rows(Sql &sql, const Selection &selection) const = 0;

    virtual SessionRows sessions(Sql &sql, const Selection &selection, SessionsBy by) const = 0;
    /// Of such a session: the counter of that name as it was read last.
    virtual std::string counter(std::string_view name) const = 0;
    /// What was moved, as `l`, to stand behind FROM: the columns of the view `traffic`, and `before`: when the counters
    /// of the session were read before (null: never).  At least what is in the times of the selection.  `processes`: of
    /// these alone, see traffic.cc.
    virtual std::string moved(Sql &sql, const Selection &selection, MovedBy what,
                              const std::optional<std::string> &processes) const = 0;
    /// Keys that opened sessions (alias `k`: auth_key), with the events that did (`l`), to stand behind FROM.
    virtual std::string session_keys(const Selection &selection) const = 0;
    /// The first success of each user from each address as `l`, to stand behind FROM; at least of those that are in the
    /// times of the selection.
    virtual std::string first_successes(Sql &sql, const Selection &selection) const = 0;
    /// A piece of the list of sessions costs as much as all of it.
    virtual bool pairs_sessions_anew() const noexcept = 0;
    /// One writer, whose ids rise in the order of his commits, with an index on them.
    virtual bool ids_rise_in_order() const noexcept = 0;

    // Values that columns are compared with.
    virtual std::string time_value(Sql &sql, std::int64_t usec) const = 0;
};

} // namespace iptracking
