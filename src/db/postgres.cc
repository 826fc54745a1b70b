// SPDX-License-Identifier: GPL-2.0-or-later
#include "db/postgres.h"

#include "base/log.h"
#include "base/unique_fd.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <sys/socket.h>

namespace iptracking::postgres {
namespace {

constexpr std::size_t longest_message = 1000;

/// One line of what libpq says in several: one for each host that it tried.  A server may say as much as it likes.
std::string in_one_line(std::string_view text) {
    std::string line;
    for (const char c : text.substr(0, longest_message)) {
        if (c == '\n' || c == '\t')
            line += line.ends_with(' ') ? "" : c == '\n' ? "; " : " ";
        else
            line += c;
    }
    while (line.ends_with(' ') || line.ends_with(';'))
        line.pop_back();
    return line;
}

std::string field_of(const PGresult *result, int which) {
    const char *const text = libpq().PQresultErrorField(result, which);
    return text ? text : "";
}

void log_notice(void *, const char *text) {
    log(Level::debug, "PostgreSQL: " + in_one_line(text));
}

/// Whether RestrictAddressFamilies= of the unit lets it.
bool may_use_network() {
    for (const int family : {AF_INET, AF_INET6})
        if (UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)))
            return true;
    return errno != EAFNOSUPPORT;
}

/// Parameters as libpq takes them: arrays of each property.
struct ParameterArrays {
    explicit ParameterArrays(const std::vector<Parameter> &parameters) {
        for (const Parameter &parameter : parameters) {
            types.push_back(parameter.type);
            values.push_back(parameter.value ? parameter.value->c_str() : nullptr);
            sizes.push_back(parameter.value ? static_cast<int>(parameter.value->size()) : 0);
            formats.push_back(parameter.binary);
        }
    }
    int count() const noexcept { return static_cast<int>(types.size()); }

    std::vector<Oid> types;
    std::vector<const char *> values;
    std::vector<int> sizes, formats;
};

} // namespace

std::optional<std::string> Result::value(int row, int column) const {
    if (libpq().PQgetisnull(handle_.get(), row, column))
        return std::nullopt;
    return libpq().PQgetvalue(handle_.get(), row, column);
}

void Result::check() const {
    const ExecStatusType is = status();
    if (is != PGRES_FATAL_ERROR && is != PGRES_BAD_RESPONSE && is != PGRES_PIPELINE_ABORTED)
        return;
    std::string what = field_of(handle_.get(), PG_DIAG_MESSAGE_PRIMARY);
    if (what.empty()) // libpq's own
        what = libpq().PQresultErrorMessage(handle_.get());
    throw PostgresError(field_of(handle_.get(), PG_DIAG_SQLSTATE), in_one_line(what));
}

Connection Connection::open(const Keywords &keywords) {
    Keywords all = keywords;
    all["client_encoding"] = "UTF8";
    all.emplace("fallback_application_name", "iptracking");
    std::vector<const char *> names, values;
    for (const auto &[name, value] : all) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    Connection connection(libpq().PQconnectdbParams(names.data(), values.data(), 0));
    if (!connection.handle_)
        throw std::bad_alloc();
    if (!connection.is_good())
        connection.fail_to_connect();
    libpq().PQsetNoticeProcessor(connection.handle_.get(), log_notice, nullptr);
    return connection;
}

void Connection::fail_to_connect() const {
    std::string what = in_one_line(libpq().PQerrorMessage(handle_.get()));
    const std::string_view host = libpq().PQhost(handle_.get());
    const bool over_network = !host.starts_with('/') && !host.starts_with('@'); // as libpq tells
    if (over_network && !may_use_network())
        what += ": this process may not use the network, see iptracking.yml(5)";
    throw PostgresError("", what);
}

bool Connection::is_over_network() const {
    sockaddr_storage peer{};
    socklen_t size = sizeof(peer);
    return ::getpeername(socket(), reinterpret_cast<sockaddr *>(&peer), &size) == 0 && peer.ss_family != AF_UNIX;
}

std::string Connection::reported(const char *name) const {
    const char *const value = libpq().PQparameterStatus(handle_.get(), name);
    return value ? value : "";
}

Result Connection::execute(const std::string &sql) {
    Result result(libpq().PQexec(handle_.get(), sql.c_str()));
    if (!result)
        fail();
    result.check();
    return result;
}

Result Connection::query(const std::string &sql, const std::vector<Parameter> &parameters) {
    const ParameterArrays p(parameters);
    Result result(libpq().PQexecParams(handle_.get(), sql.c_str(), p.count(), p.types.data(), p.values.data(),
                                       p.sizes.data(), p.formats.data(), 0));
    if (!result)
        fail();
    result.check();
    return result;
}

void Connection::query_rows(const std::string &sql, const std::vector<Parameter> &parameters,
                            const std::function<bool(const Result &)> &take) {
    const ParameterArrays p(parameters);
    if (libpq().PQsendQueryParams(handle_.get(), sql.c_str(), p.count(), p.types.data(), p.values.data(),
                                  p.sizes.data(), p.formats.data(), 0) != 1 ||
        libpq().PQsetSingleRowMode(handle_.get()) != 1)
        fail();
    bool more = true;
    while (Result result = take_result()) {
        try {
            result.check();
            if (more && result.rows() > 0)
                more = take(result);
        } catch (...) {
            while (take_result()) { // so that the connection can be used again
            }
            throw;
        }
    }
}

void Connection::enter_pipeline() {
    if (libpq().PQsetnonblocking(handle_.get(), 1) != 0 || libpq().PQenterPipelineMode(handle_.get()) != 1)
        fail();
}

void Connection::send(const std::string &sql, const std::vector<Parameter> &parameters) {
    const ParameterArrays p(parameters);
    // Unnamed: a pooler may run each transaction on another server.
    if (libpq().PQsendQueryParams(handle_.get(), sql.c_str(), p.count(), p.types.data(), p.values.data(),
                                  p.sizes.data(), p.formats.data(), 0) != 1 ||
        libpq().PQpipelineSync(handle_.get()) != 1)
        fail();
}

bool Connection::flush() {
    const int left = libpq().PQflush(handle_.get());
    if (left < 0)
        fail();
    return left > 0;
}

void Connection::consume_input() {
    if (libpq().PQconsumeInput(handle_.get()) != 1)
        fail();
}

void Connection::fail() const {
    throw PostgresError("", in_one_line(libpq().PQerrorMessage(handle_.get())));
}

std::string describe_target(const Keywords &keywords) {
    std::string text;
    for (const char *keyword : {"service", "host", "hostaddr", "port", "dbname"})
        if (const auto found = keywords.find(keyword); found != keywords.end() && !found->second.empty())
            text += (text.empty() ? "" : " ") + found->first + "=" + found->second;
    return text;
}

} // namespace iptracking::postgres
