// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/report.h"

#include <string>

namespace iptracking {

/// One page that needs nothing else: no script, no network; its Content-Security-Policy allows neither.
std::string report_as_html(const Report &report);

/// For a mail: 78 columns, bars of what the locale has.
std::string report_as_text(const Report &report);

/// One object, iptracking(1) says its names.
std::string report_as_json(const Report &report);

} // namespace iptracking
