// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace iptracking {

/// What a column holds, and so how each form of output writes it.
enum class Kind : std::uint8_t {
    text,     ///< std::string, stored text (event/stored_text.h): still to be made safe for a terminal
    address,  ///< std::string: an IP address, or a net as 192.0.2.0/24
    number,   ///< std::int64_t
    bytes,    ///< std::int64_t; "1.2 MiB" for people
    real,     ///< double
    ratio,    ///< double from 0 to 1; a percentage for people
    time,     ///< std::int64_t, microseconds since 1970 UTC
    duration, ///< std::int64_t, microseconds; may be negative where a clock was put back
    boolean,  ///< bool
    list,     ///< std::vector<std::string>, of texts or addresses
};

/// How much a column of a table matters.
enum class Need : std::uint8_t {
    main,
    lesser, ///< left out first where a terminal is narrow
    detail, ///< left out unless it is asked for; always in JSON and CSV
};

struct Column {
    const char *name;  ///< in JSON and CSV: documented, never changed; lower case with underscores
    const char *title; ///< above a table
    Kind kind;
    Need need = Need::main;
};

/// std::monostate: not there; null in JSON, empty in CSV, "-" in a table.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, bool, std::vector<std::string>>;
using Row = std::vector<Cell>; ///< as long as the columns

/// Takes the rows of an answer one by one; false: enough.
using RowSink = std::function<bool(const Row &)>;

} // namespace iptracking
