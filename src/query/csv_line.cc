// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/csv_line.h"

#include <algorithm>

namespace iptracking {
namespace {

/// Takes a quoted field from the front of the line.
bool take_quoted(std::string_view &line, std::string &field) {
    line.remove_prefix(1);
    for (;;) {
        const std::size_t quote = line.find('"');
        if (quote == line.npos)
            return false;
        field += line.substr(0, quote);
        line.remove_prefix(quote + 1);
        if (!line.starts_with('"'))
            return true;
        field += '"';
        line.remove_prefix(1);
    }
}

} // namespace

bool split_csv_line(std::string_view line, std::string_view delimiter, std::vector<std::string> &fields) {
    std::size_t number = 0;
    for (;; ++number) {
        if (number == fields.size())
            fields.emplace_back();
        std::string &field = fields[number]; // its memory is used again
        field.clear();
        if (line.starts_with('"')) {
            if (!take_quoted(line, field) || (!line.empty() && !line.starts_with(delimiter)))
                return false;
        } else {
            const std::size_t end = std::min(line.find(delimiter), line.size());
            field = line.substr(0, end);
            line.remove_prefix(end);
        }
        if (line.empty())
            break;
        line.remove_prefix(delimiter.size());
    }
    fields.resize(number + 1);
    return true;
}

} // namespace iptracking
