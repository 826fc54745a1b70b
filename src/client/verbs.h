// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/verb.h"

namespace iptracking {

// db_verbs.cc
std::unique_ptr<Verb> make_db_init();
std::unique_ptr<Verb> make_db_upgrade();
std::unique_ptr<Verb> make_db_check();
std::unique_ptr<Verb> make_db_purge();
std::unique_ptr<Verb> make_db_vacuum();
// db_export.cc
std::unique_ptr<Verb> make_db_export();

} // namespace iptracking
