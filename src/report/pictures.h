// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "report/report.h"

#include <kainjow/mustache.hpp>

/// The marks of the pictures of the page, in the names that page.html gives them: places along the width in percent,
/// along the height in pixels, so that text keeps its size on a phone.
namespace iptracking {

/// Two rows of bars: attempts that failed, and those that did not.
kainjow::mustache::data bars_of(const Report &report);
/// What stands below them.
kainjow::mustache::data ticks_of(const Report &report);
/// Two rows of bars: what was received by day, and what was sent; and what stands below them.
kainjow::mustache::data moved_of(const Report &report);
kainjow::mustache::data moved_ticks_of(const Report &report);
kainjow::mustache::data week_of(const Report &report);
/// Nets in the nets around them: one picture for a wide page, one with fewer for a narrow one.
kainjow::mustache::data trees_of(const Report &report);

} // namespace iptracking
