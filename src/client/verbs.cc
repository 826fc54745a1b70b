// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/verbs.h"

namespace iptracking {
namespace {

constexpr VerbEntry entries[] = {
    // Asking the database
    {"", "events", "Shows events, the newest last; -f those that come", make_events},
    {"", "last", "Shows sessions as last(1) does, --failed attempts as lastb(1) did", make_last},
    {"", "sessions", "Shows sessions, and what became of them", make_sessions},
    {"", "top", "Counts by address, user or net, those with the most events first", make_top},
    {"", "users", "Lists users; with a name, tells all about one", make_users},
    {"", "address", "Tells all about one address", make_address},
    {"", "failures", "Shows who fails most; --then-success who got in after it", make_failures},
    {"", "new", "Shows the first logins of users from addresses", make_new},
    {"", "keys", "Shows which keys let whom in, and from where", make_keys},
    {"", "daily", "Counts by day, hour or weekday, with bars", make_daily},
    {"", "traffic", "Shows how much was moved, by user, day, address, net, host or session", make_traffic},
    // Of the recorder itself
    {"", "status", "Says how service, pipe and database do", make_status},
    {"", "check", "Says what is wrong with configuration, rights, units and PAM lines, and what mends it", make_check},
    {"", "report", "What stands out of the last 7 days, as a text for a mail or a page", make_report_verb},
    // Keeping the database
    {"db", "init", "Makes the tables and views of a database, or upgrades them", make_db_init},
    {"db", "upgrade", "Upgrades the tables and views of a database", make_db_upgrade},
    {"db", "check", "Says in what state the database is, and what is wrong", make_db_check},
    {"db", "purge", "Removes old events; how old, 'retention' of the configuration says", make_db_purge},
    {"db", "vacuum", "Gives back the room that removed events leave", make_db_vacuum},
    {"db", "export", "Writes events for other programs, and for another database", make_db_export},
    {"db", "import", "Makes events of what the journal, log files, wtmp and their like tell", make_db_import},
};

} // namespace

std::span<const VerbEntry> all_verbs() {
    return entries;
}

} // namespace iptracking
