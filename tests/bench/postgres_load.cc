// SPDX-License-Identifier: GPL-2.0-or-later
// postgres-load copy|copy-binary|calls CONNINFO BATCH < ROWS
// What the daemon is measured against: rows, in COPY's text format, are stored by COPY, BATCH of them in a transaction,
// or by a call of log_one_event() and a commit for each.  Prints how many seconds that took, and how many of the
// processor; what is prepared before is not in them.
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <endian.h>
#include <iostream>
#include <iterator>
#include <libpq-fe.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t columns = 15;
constexpr const char *names = "dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, "
                              "sshd_pid, service, tty, ruser, rhost, host, flags";
enum class Type { address, number, date, text };
constexpr std::array types{Type::address, Type::address, Type::number, Type::text,   Type::text,
                           Type::date,    Type::number,  Type::text,   Type::number, Type::text,
                           Type::text,    Type::text,    Type::text,   Type::text,   Type::number};
constexpr std::string_view null = "\\N";

using Row = std::vector<std::string>;

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const auto at = text.find(separator);
        parts.emplace_back(text.substr(0, at));
        if (at == std::string_view::npos)
            return parts;
        text.remove_prefix(at + 1);
    }
}

template <class Integer> Integer number_of(std::string_view text) {
    Integer number = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), number).ptr != text.data() + text.size())
        throw std::runtime_error("not a number: " + std::string(text));
    return number;
}

template <class Integer> void append(std::string &bytes, Integer big_endian) {
    bytes.append(reinterpret_cast<const char *>(&big_endian), sizeof(big_endian));
}

std::string binary_address(const std::string &text) {
    const bool is_v6 = text.find(':') != std::string::npos;
    const std::size_t size = is_v6 ? 16 : 4;
    std::string bytes{static_cast<char>(is_v6 ? 3 : 2), static_cast<char>(size * 8), 0, static_cast<char>(size)};
    bytes.resize(4 + size);
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data() + 4) != 1)
        throw std::runtime_error("not an address: " + text);
    return bytes;
}

/// "2026-01-01 00:00:00.000000+00", as microseconds since 2000.
std::int64_t microseconds_of(const std::string &text) {
    std::tm time{};
    const char *const rest = ::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S.", &time);
    if (!rest)
        throw std::runtime_error("not a time: " + text);
    return (::timegm(&time) - 946'684'800) * 1'000'000 + number_of<std::int64_t>(std::string_view(rest, 6));
}

std::string binary_value(Type type, const std::string &text) {
    std::string bytes;
    switch (type) {
    case Type::address:
        return binary_address(text);
    case Type::number:
        append(bytes, htobe32(number_of<std::uint32_t>(text)));
        return bytes;
    case Type::date:
        append(bytes, htobe64(static_cast<std::uint64_t>(microseconds_of(text))));
        return bytes;
    case Type::text:
        break;
    }
    return text;
}

std::string binary_row(const Row &row) {
    std::string bytes;
    append(bytes, htobe16(columns));
    for (std::size_t i = 0; i < columns; ++i) {
        if (row[i] == null) {
            append(bytes, std::uint32_t{0xffffffff});
            continue;
        }
        const std::string value = binary_value(types[i], row[i]);
        append(bytes, htobe32(static_cast<std::uint32_t>(value.size())));
        bytes += value;
    }
    return bytes;
}

class Session {
public:
    explicit Session(const char *conninfo) : connection_(PQconnectdb(conninfo), PQfinish) {
        if (PQstatus(connection_.get()) != CONNECTION_OK)
            fail();
    }
    void copy(const char *sql, const std::string &data) {
        check(PQexec(connection_.get(), sql), PGRES_COPY_IN);
        if (PQputCopyData(connection_.get(), data.data(), static_cast<int>(data.size())) != 1 ||
            PQputCopyEnd(connection_.get(), nullptr) != 1)
            fail();
        while (PGresult *result = PQgetResult(connection_.get()))
            check(result);
    }
    void prepare(const char *sql) { check(PQprepare(connection_.get(), "", sql, 0, nullptr)); }
    void call(const Row &row) {
        std::array<const char *, columns> values{};
        for (std::size_t i = 0; i < columns; ++i)
            values[i] = row[i] == null ? nullptr : row[i].c_str();
        check(PQexecPrepared(connection_.get(), "", columns, values.data(), nullptr, nullptr, 0), PGRES_TUPLES_OK);
    }

private:
    void check(PGresult *result, ExecStatusType expected = PGRES_COMMAND_OK) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> cleared(result, PQclear);
        if (PQresultStatus(result) != expected)
            fail();
    }
    [[noreturn]] void fail() { throw std::runtime_error(PQerrorMessage(connection_.get())); }

    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

std::vector<std::string> batches(const std::vector<std::string> &rows, std::size_t size, bool binary) {
    using namespace std::string_view_literals;
    std::vector<std::string> made;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i % size == 0)
            made.emplace_back(binary ? "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv : ""sv);
        made.back() += binary ? binary_row(split(rows[i], '\t')) : rows[i] + '\n';
        if (binary && (i + 1 == rows.size() || (i + 1) % size == 0))
            made.back() += "\377\377"sv;
    }
    return made;
}

template <class Work> void measure(const Work &work) {
    const auto began = std::chrono::steady_clock::now();
    const auto cpu = std::clock();
    work();
    std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() << ' '
              << static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC << '\n';
}

void load(std::string_view way, Session &session, std::size_t batch, const std::vector<std::string> &rows) {
    if (way == "calls") {
        std::vector<Row> values;
        for (const std::string &row : rows)
            values.push_back(split(row, '\t'));
        session.prepare("SELECT log_one_event($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
        measure([&] {
            for (const Row &row : values)
                session.call(row);
        });
        return;
    }
    const bool binary = way == "copy-binary";
    const auto data = batches(rows, batch, binary);
    const std::string sql = std::string("COPY inet_log (") + names + ") FROM STDIN" + (binary ? " BINARY" : "");
    measure([&] {
        for (const std::string &one : data)
            session.copy(sql.c_str(), one);
    });
}

} // namespace

int main(int count, char **words) try {
    if (count != 4)
        throw std::runtime_error("usage: postgres-load copy|copy-binary|calls CONNINFO BATCH < ROWS");
    std::vector<std::string> rows;
    for (std::string row; std::getline(std::cin, row);)
        rows.push_back(std::move(row));
    Session session(words[2]);
    load(words[1], session, number_of<std::size_t>(words[3]), rows);
} catch (const std::exception &error) {
    std::cerr << "postgres-load: " << error.what() << '\n';
    return 1;
}
