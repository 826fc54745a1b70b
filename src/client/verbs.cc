// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/verbs.h"

namespace iptracking {
namespace {

constexpr VerbEntry entries[] = {
    // Keeping the database
    {"db", "init", "Makes the tables and views of a database, or upgrades them", make_db_init},
    {"db", "upgrade", "Upgrades the tables and views of a database", make_db_upgrade},
    {"db", "check", "Says in what state the database is, and what is wrong", make_db_check},
    {"db", "purge", "Removes old events; how old, 'retention' of the configuration says", make_db_purge},
    {"db", "vacuum", "Gives back the room that removed events leave", make_db_vacuum},
    {"db", "export", "Writes events for other programs, and for another database", make_db_export},
};

} // namespace

std::span<const VerbEntry> all_verbs() {
    return entries;
}

} // namespace iptracking
