// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/postgres_keywords.h"

#include "base/error.h"

#if IPTRACKING_HAVE_POSTGRESQL
#include "db/libpq.h"
#endif

namespace iptracking {
namespace {

#if IPTRACKING_HAVE_POSTGRESQL
std::vector<std::string> ask_libpq() {
    PQconninfoOption *const options = libpq().PQconndefaults();
    if (!options)
        throw Error("libpq does not tell its keywords");
    std::vector<std::string> keywords;
    for (const PQconninfoOption *option = options; option->keyword; ++option)
        keywords.emplace_back(option->keyword);
    libpq().PQconninfoFree(options);
    return keywords;
}
#else
std::vector<std::string> ask_libpq() {
    throw Error("this build has no libpq");
}
#endif

struct Newer {
    std::string_view keyword;
    const char *since;
};

// The release notes of PostgreSQL 16, 17 and 18.
constexpr Newer newer[] = {
    {"require_auth", "16"},         {"sslcertmode", "16"},    {"gssdelegation", "16"},
    {"load_balance_hosts", "16"},   {"sslnegotiation", "17"}, {"min_protocol_version", "18"},
    {"max_protocol_version", "18"}, {"sslkeylogfile", "18"},  {"scram_client_key", "18"},
    {"scram_server_key", "18"},     {"oauth_issuer", "18"},   {"oauth_client_id", "18"},
    {"oauth_client_secret", "18"},  {"oauth_scope", "18"},    {"servicefile", "18"},
};

} // namespace

const std::vector<std::string> &postgres_keywords() {
    static const std::vector<std::string> keywords = ask_libpq();
    return keywords;
}

const char *newer_postgres_keyword(std::string_view keyword) noexcept {
    for (const auto &[name, since] : newer)
        if (name == keyword)
            return since;
    return nullptr;
}

} // namespace iptracking
