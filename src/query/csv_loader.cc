// SPDX-License-Identifier: GPL-2.0-or-later
#include "query/csv_loader.h"

#include "base/error.h"
#include "base/log.h"
#include "event/timestamp.h"
#include "query/csv_line.h"
#include "query/no_right.h"
#include "store/csv_driver.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>

namespace iptracking {
namespace {

/// As csv_header() has them.
enum At : std::size_t {
    destination,
    source,
    source_port,
    event,
    pid,
    user,
    date,
    destination_port,
    outcome,
    service,
    tty,
    ruser,
    rhost,
    host,
    flags,
    rx_bytes,
    tx_bytes,
    rx_packets,
    tx_packets,
    auth_method,
    auth_key,
    cert_id,
    cert_serial,
    cert_ca,
    columns
};
constexpr std::size_t columns_before = rx_bytes; ///< what lines of earlier versions have
constexpr const char *events[] = {"unknown", "auth", "open_session", "close_session", "sample"}; // by EventKind
constexpr const char *outcomes[] = {"", "attempt", "success", "failure"};                        // by Outcome

template <class Names> std::optional<int> index_in(const Names &names, const std::string &name) {
    const auto found = std::find(std::begin(names), std::end(names), name);
    return found == std::end(names) ? std::nullopt : std::optional{static_cast<int>(found - std::begin(names))};
}

/// Zero: not known; nullopt: no number.
std::optional<std::int64_t> number_of(const std::string &text) {
    std::int64_t number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool good = text.empty() || (end.ec == std::errc{} && end.ptr == text.data() + text.size());
    return good ? std::optional{number} : std::nullopt;
}

/// Of a counter, zero is known.
std::optional<std::int64_t> counter_of(const std::string &text) {
    return text.empty() ? std::nullopt : number_of(text);
}

std::string_view known(const std::string &text) {
    return text.empty() ? std::string_view{} : std::string_view(text);
}

void bind_text(sqlite::Statement &statement, int index, const std::string &text) {
    text.empty() ? statement.bind_null(index) : statement.bind(index, std::string_view(text));
}

/// Of which each is known to be a number or empty.
CounterValues counters_of(const std::vector<std::string> &fields) {
    CounterValues counters;
    for (std::size_t i = 0; i < counters.size(); ++i)
        counters[i] = counter_of(fields[rx_bytes + i]);
    return counters;
}

std::FILE *open_csv(const std::string &path, const std::string &target) {
    std::FILE *const file = std::fopen(path.c_str(), "re");
    if (file)
        return file;
    if (errno == EACCES)
        throw no_right_to_read(path);
    if (errno == ENOENT)
        throw Error(target + " is not there: the daemon makes it with the first event");
    throw_errno(errno, "cannot open '" + path + "'");
}

} // namespace

CsvLoader::CsvLoader(const CsvConfig &config, const std::string &target, sqlite::Database &database)
    : config_(config), target_(target), header_(csv_header(config.delimiter)), file_(open_csv(config.filename, target)),
      database_(database),
      insert_(database,
              "INSERT INTO inet_log (id, dst_ipaddr, src_ipaddr, src_port, log_event, sshd_pid, uid, log_date, "
              "dst_port, outcome, service, tty, ruser, rhost, host, flags, rx_bytes, tx_bytes, rx_packets, tx_packets, "
              "auth_method, auth_key, cert_id, cert_serial, cert_ca) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
              "?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)"),
      pair_(database, "INSERT INTO attempt_success (attempt_id, success_id) VALUES (?1, ?2)"), samples_(database) {}

std::size_t CsvLoader::load() {
    std::clearerr(file_.get());
    if (std::fseek(file_.get(), offset_, SEEK_SET) < 0)
        throw_errno(errno, "cannot read '" + config_.filename + "'");
    struct Line {
        char *text = nullptr;
        std::size_t room = 0;
        ~Line() { std::free(text); }
    } line;
    std::vector<std::string> fields;
    std::size_t stored = 0, strange = 0;
    database_.execute("BEGIN");
    for (ssize_t size = 0; (size = ::getline(&line.text, &line.room, file_.get())) > 0;) {
        std::string_view text(line.text, static_cast<std::size_t>(size));
        if (!text.ends_with('\n')) // is being written
            break;
        offset_ += size;
        text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
        if (text.empty() || header_.starts_with(text)) // one of an earlier version has fewer columns
            continue;
        if (split_csv_line(text, config_.delimiter, fields) && store(fields))
            ++stored;
        else
            ++strange;
    }
    database_.execute("COMMIT");
    if (std::ferror(file_.get()))
        throw_errno(errno, "cannot read '" + config_.filename + "'");
    if (strange > 0)
        log(Level::warning, target_ + ": " + std::to_string(strange) +
                                " lines are none of iptracking, or have another "
                                "delimiter; they are left out");
    return stored;
}

bool CsvLoader::store(std::vector<std::string> &fields) {
    if ((fields.size() != columns && fields.size() != columns_before) || !parse_utc(fields[date]))
        return false;
    fields.resize(columns);
    const auto kind = index_in(events, fields[event]), what = index_in(outcomes, fields[outcome]);
    const std::array numbers{number_of(fields[source_port]), number_of(fields[pid]),
                             number_of(fields[destination_port]), number_of(fields[flags])};
    if (!kind || !what || std::find(numbers.begin(), numbers.end(), std::nullopt) != numbers.end())
        return false;
    for (std::size_t counter = rx_bytes; counter <= tx_packets; ++counter)
        if (!number_of(fields[counter]))
            return false;
    if (*kind == static_cast<int>(EventKind::sample)) {
        samples_.store({.host = fields[host],
                        .source = fields[source],
                        .destination = fields[destination],
                        .date = fields[date],
                        .source_port = *numbers[0],
                        .destination_port = *numbers[2],
                        .counters = counters_of(fields)});
        return true;
    }
    const auto text = [&](int index, At at) { bind_text(insert_, index, fields[at]); };
    const auto number = [&](int index, std::int64_t value) {
        value == 0 ? insert_.bind_null(index) : insert_.bind(index, value);
    };
    insert_.bind(1, ++last_id_);
    text(2, destination);
    text(3, source);
    number(4, *numbers[0]);
    insert_.bind(5, static_cast<std::int64_t>(*kind));
    number(6, *numbers[1]);
    text(7, user);
    text(8, date);
    number(9, *numbers[2]);
    text(10, outcome);
    text(11, service);
    text(12, tty);
    text(13, ruser);
    text(14, rhost);
    text(15, host);
    insert_.bind(16, *numbers[3]);
    bind_counters(insert_, 17, counters_of(fields));
    text(21, auth_method);
    text(22, auth_key);
    text(23, cert_id);
    text(24, cert_serial);
    text(25, cert_ca);
    insert_.run();
    if (*kind != static_cast<int>(EventKind::auth))
        return true;
    const auto attempt = attempts_.next({.id = last_id_,
                                         .outcome = static_cast<Outcome>(*what),
                                         .host = known(fields[host]),
                                         .source = known(fields[source]),
                                         .destination = known(fields[destination]),
                                         .service = known(fields[service]),
                                         .source_port = *numbers[0],
                                         .destination_port = *numbers[2],
                                         .pid = *numbers[1]});
    if (attempt)
        pair_.bind(1, *attempt).bind(2, last_id_).run();
    return true;
}

void CsvLoader::pair_sessions() {
    // Stacks, as in the view `session` of PostgreSQL.
    database_.execute(R"sql(
        WITH event AS (
            SELECT *, CASE log_event WHEN 2 THEN 1 ELSE -1 END AS step, sshd_pid IS NULL AS alone
                FROM inet_log WHERE log_event IN (2, 3)),
        summed AS (
            SELECT *, sum(step) OVER process AS total FROM event
                WINDOW process AS (PARTITION BY sshd_pid, service, host, CASE WHEN alone THEN src_port END,
                    CASE WHEN alone THEN src_ipaddr END, CASE WHEN alone THEN uid END ORDER BY id)),
        stacked AS (
            SELECT *, min(0, min(total) OVER process) AS bottom FROM summed
                WINDOW process AS (PARTITION BY sshd_pid, service, host, CASE WHEN alone THEN src_port END,
                    CASE WHEN alone THEN src_ipaddr END, CASE WHEN alone THEN uid END ORDER BY id)),
        paired AS (
            SELECT id, log_event, sshd_pid, lead(id) OVER (
                PARTITION BY sshd_pid, service, host, CASE WHEN alone THEN src_port END,
                    CASE WHEN alone THEN src_ipaddr END, CASE WHEN alone THEN uid END,
                    max(total, total - step) - bottom
                ORDER BY id) AS close_id FROM stacked)
        INSERT INTO session (open_id, close_id, sshd_pid) SELECT id, close_id, sshd_pid FROM paired WHERE log_event = 2)sql");
    // Whatever the port was used for later.
    database_.execute(
        "DELETE FROM sample WHERE log_date > (SELECT log_date FROM session JOIN inet_log ON id = close_id "
        "WHERE session.open_id = sample.open_id)");
}

} // namespace iptracking
