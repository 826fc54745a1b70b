// SPDX-License-Identifier: GPL-2.0-or-later
#include "client/asking_verb.h"

#include "base/log.h"
#include "output/values.h"
#include "query/counts.h"

namespace iptracking {
namespace {

void say_nothing_matched(AskedDatabase &database, bool utc) {
    const std::int64_t newest = edges_of(database).second;
    log(Level::info, newest < 0 ? "nothing matched: there is no event yet"
                                : "nothing matched; the newest event is of " + time_for_people(newest, utc));
}

} // namespace

int AskingVerb::run(const Called &called) {
    const Selection selection = selection_.read();
    const Style style = output_.style(); // wrong words are said before the database is asked
    read_own();
    if (!has_kinds())
        refuse_kinds(selection);
    const auto database = open_asked_database(called.read());
    const int status = ask(*database, selection);
    if (status == nothing_found && style.format == Format::table && !style.quiet)
        say_nothing_matched(*database, style.utc);
    return status;
}

} // namespace iptracking
