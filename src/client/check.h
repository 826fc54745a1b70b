// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/findings.h"
#include "client/verb.h"

namespace iptracking {

/// The configuration, as the daemon reads it, and who may read and write it.  nullopt: it cannot be read.
std::optional<Config> check_config(const Called &called, Findings &findings);
/// Pipe, state folder and database: there, the daemon's, and nobody else's.
void check_files(const Config &config, Findings &findings);
/// The units: installed, enabled, active, with the pipe that the configuration names.
void check_units(const Config &config, Findings &findings);

} // namespace iptracking
