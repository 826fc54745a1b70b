// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace iptracking {

class Sql;
struct Net;

/// How the SQL of a database says what others say in another way.  Each takes and gives pieces of SQL; values become
/// parameters of the statement.  Where it stands for rows of inet_log, their alias is `l`.
class Dialect {
public:
    virtual ~Dialect() = default;

    /// There are summaries: address_count, user_count, quarter_count, and attempt_success.
    virtual bool has_summaries() const noexcept = 0;

    // Columns as they arrive.
    virtual std::string time(std::string_view column) const = 0;
    virtual std::string address(std::string_view column) const = 0;
    /// unknown, auth, open_session, close_session
    virtual std::string event(std::string_view column) const = 0;
    /// The net of an address as text: "192.0.2.0/24", "2001:db8::/64".
    virtual std::string net(std::string_view address, int prefix, int prefix6) const = 0;

    /// Whether an event (alias `l` of inet_log) is an attempt that failed.
    virtual std::string failed() const = 0;

    // Values, and what they are compared with.
    virtual std::string time_value(Sql &sql, std::int64_t usec) const = 0;
    virtual std::string event_value(Sql &sql, std::string_view name) const = 0;
    /// Whether the text is like a pattern of the shell with * and ?.
    virtual std::string is_like(Sql &sql, std::string_view column, std::string_view pattern) const = 0;
    virtual std::string is_in(Sql &sql, std::string_view column, const Net &net) const = 0;
};

} // namespace iptracking
