// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace iptracking {

/// The fields of a line as RFC 4180 says, with any delimiter; what append_csv_field() wrote.  Stored text has no
/// newlines, so a line is a record.  False: a quote is missing, or something stands behind one.
bool split_csv_line(std::string_view line, std::string_view delimiter, std::vector<std::string> &fields);

} // namespace iptracking
