// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/session_rows.h"

#include "query/dialect.h"
#include "query/selection.h"

#include <optional>

namespace iptracking {

SessionsBy sessions_by(const Selection &wanted) {
    const bool by_key = !wanted.keys.any_of.empty() && !wanted.since_usec && !wanted.until_usec;
    return by_key ? SessionsBy::key : SessionsBy::time;
}

std::string session_rows::gone() {
    return "CASE WHEN s.close_id IS NULL AND l.src_port IS NOT NULL AND (SELECT d.log_date FROM sampled AS d WHERE "
           "d.host = l.host AND d.dst_port = l.dst_port) > coalesce((SELECT max(p.log_date) FROM sample AS p WHERE "
           "p.open_id = s.open_id), "
           "l.log_date) THEN 'gone' END";
}

void session_rows::finish_state(Row &row, const Places &at, const ThisHost &this_host) {
    if (row[at.end].index() != 0) {
        row[at.state] = std::string("closed");
        return;
    }
    const auto *host = std::get_if<std::string>(&row[at.host]);
    const auto *start = std::get_if<std::int64_t>(&row[at.start]), *pid = std::get_if<std::int64_t>(&row[at.pid]);
    std::string state =
        this_host.state_of(host ? *host : "", start ? *start : 0, pid ? std::optional{*pid} : std::nullopt);
    // Else the sampler found it gone; but here we see the process.
    if (state != "open" || row[at.state].index() == 0 || (host && pid && this_host.is_named(*host)))
        row[at.state] = std::move(state);
}

} // namespace iptracking
