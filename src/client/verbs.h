// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "client/verb.h"

namespace iptracking {

// verb_events.cc, verb_last.cc, verb_sessions.cc
std::unique_ptr<Verb> make_events();
std::unique_ptr<Verb> make_last();
std::unique_ptr<Verb> make_sessions();

// verb_counts.cc
std::unique_ptr<Verb> make_top();
std::unique_ptr<Verb> make_failures();
std::unique_ptr<Verb> make_new();
std::unique_ptr<Verb> make_keys();
std::unique_ptr<Verb> make_daily();

// verb_traffic.cc
std::unique_ptr<Verb> make_traffic();

// verb_one.cc
std::unique_ptr<Verb> make_users();
std::unique_ptr<Verb> make_address();

// verb_status.cc, verb_check.cc
std::unique_ptr<Verb> make_status();
std::unique_ptr<Verb> make_check();

// verb_report.cc
std::unique_ptr<Verb> make_report_verb();

// db_verbs.cc
std::unique_ptr<Verb> make_db_init();
std::unique_ptr<Verb> make_db_upgrade();
std::unique_ptr<Verb> make_db_check();
std::unique_ptr<Verb> make_db_purge();
std::unique_ptr<Verb> make_db_vacuum();

// db_export.cc
std::unique_ptr<Verb> make_db_export();

// db_import.cc
std::unique_ptr<Verb> make_db_import();

} // namespace iptracking
