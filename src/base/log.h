// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <syslog.h>

namespace iptracking {

enum class Level : int {
    error = LOG_ERR,
    warning = LOG_WARNING,
    notice = LOG_NOTICE,
    info = LOG_INFO,
    debug = LOG_DEBUG,
};

/// A journal field; its name is one of log_fields.h.
struct Field {
    const char *name;
    std::string value;
};

/// The place of a log statement in the source (std::source_location is missing in clang 14).
struct Where {
    const char *file, *function;
    int line;
    static Where here(const char *file = __builtin_FILE(), const char *function = __builtin_FUNCTION(),
                      int line = __builtin_LINE()) noexcept {
        return {file, function, line};
    }
};

/// Messages less important than `level` are dropped from now on.  At first: info.
void set_log_level(Level level) noexcept;
/// Whether a message would be kept: for those that are dear to make.
bool log_enabled(Level level) noexcept;

/// To the journal with its fields where stderr is the journal's, else a line on stderr.
/// The message is as one_line() makes it.
void log(Level level, std::string_view message, std::initializer_list<Field> fields = {},
         Where where = Where::here()) noexcept;

/// Text that may quote what comes from outside, so that it forges no second line and journald and systemd take it:
/// control characters, and what is no UTF-8, as \xHH; cut with "…" after about `limit` bytes.
std::string one_line(std::string_view text, std::size_t limit = SIZE_MAX);

/// Text from outside for a message or a terminal: printable ASCII as it is, every other byte as \xHH;
/// cut with "…" after `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = 200);

} // namespace iptracking
