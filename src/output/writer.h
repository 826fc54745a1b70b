// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "query/answer.h"

#include <cstdio>
#include <memory>
#include <span>

namespace iptracking {

enum class Format : std::uint8_t {
    table,
    json,       ///< one array of objects; [] for nothing
    json_lines, ///< an object a line
    csv,        ///< RFC 4180, a header first
    brief,      ///< "short": a line a row, as logs are, no header
};

/// How rows are to be written.
struct Style {
    Format format = Format::table;
    bool utc = false;    ///< else the local time zone
    bool colour = false; ///< also decided by the terminal, see terminal.h
    bool legend = true;  ///< the header of a table, and what stands below it
    bool quiet = false;  ///< no hints
    bool full = false;   ///< all columns, and no text is cut
    unsigned width = 0;  ///< of the terminal in columns; 0: no limit
};

/// Writes the rows of one answer.  Whatever is in them, no control code, no change of direction and no bad UTF-8
/// reaches the output.
class Writer {
public:
    virtual ~Writer() = default;
    virtual void write(const Row &row) = 0;
    /// What was written is to be seen now (--follow).
    virtual void flush() = 0;
    /// What comes behind the last row.  All three throw as put() does if the output does not take all.
    virtual void finish() = 0;
    std::size_t rows() const noexcept { return rows_; }

protected:
    std::size_t rows_ = 0;
};

/// `columns` must live as long as the writer.
std::unique_ptr<Writer> make_writer(std::FILE *out, std::span<const Column> columns, const Style &style);

} // namespace iptracking
