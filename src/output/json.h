// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/answer.h"

#include <memory>
#include <string>
#include <string_view>

namespace iptracking {

/// Makes one JSON value as text.  (The library behind it is seen in json.cc only.)
///
/// A string is always valid UTF-8: a byte that is none stands as \xHH in it.  Characters that turn the direction of
/// writing, or print nothing, are written as \uXXXX, so that the text is harmless on a terminal and means the same.
class Json {
public:
    Json();
    ~Json();
    Json(const Json &) = delete;
    Json &operator=(const Json &) = delete;

    void begin_object();
    void end_object();
    void begin_array();
    void end_array();
    void name(std::string_view name); ///< of the member whose value follows

    void null();
    void text(std::string_view text);
    void number(std::int64_t number);
    void real(double number); ///< null for what is no number
    void boolean(bool value);
    void time(std::int64_t usec, bool utc); ///< RFC 3339
    void seconds(std::int64_t usec);        ///< a number
    void cell(const Cell &cell, Kind kind, bool utc);

    /// The value that was made; the next one can begin.
    std::string take();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace iptracking
