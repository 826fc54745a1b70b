// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/config.h"

#include "base/error.h"
#include "config/postgres_keywords.h"
#include "support.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

using test::Marked;
using test::TempDir;

std::string text_of(const std::vector<std::string> &words) {
    std::string text;
    for (const std::string &word : words)
        text.append(text.empty() ? "" : " ").append(word);
    return "[" + text + "]";
}

std::string text_of(const PostgresConfig::Keywords &keywords) {
    std::vector<std::string> words;
    for (const auto &[name, value] : keywords)
        words.push_back(name + "=" + value);
    return text_of(words);
}

std::string text_of(const DriverConfig &driver) {
    std::string text = driver_name(driver);
    if (const auto *csv = std::get_if<CsvConfig>(&driver))
        return text + " filename " + csv->filename + " delimiter '" + csv->delimiter + "' header " +
               (csv->header ? "yes" : "no");
    if (const auto *sqlite = std::get_if<SqliteConfig>(&driver))
        return text + " filename " + sqlite->filename + " flags " + text_of(sqlite->flags);
    const auto &postgres = std::get<PostgresConfig>(driver);
    return text + " schema '" + postgres.schema + "' keywords " + text_of(postgres.keywords) + " client " +
           text_of(postgres.client) + " admin " + text_of(postgres.admin);
}

/// All that a configuration says, in words.
std::string text_of(const Config &config) {
    const auto number = [](auto value) { return std::to_string(value); };
    const auto &[records, max_bytes, sync, wait] = config.pool;
    return text_of(config.driver) + "; fifo " + config.fifo_file + "; records " + number(records.min) + " " +
           number(records.max) + " " + number(records.delta) + "; max-bytes " +
           (max_bytes ? number(*max_bytes) : "usual") + "; sync " + (sync == PoolSync::batch ? "batch" : "no") +
           "; wait " + number(wait.min.count()) + " " + number(wait.max.count()) + " " + number(wait.grow_threshold) +
           " " + number(wait.delta.count()) + "; retention " +
           (config.retention ? number(config.retention->count()) + "h" : "none");
}

Config load(const std::string &content) {
    const TempDir folder;
    test::write_file(folder / "a.yml", content);
    return load_config(folder / "a.yml", "/state");
}

/// What is wrong at the ^, without "FILE:LINE:COLUMN: ".
std::string error_at(std::string_view with_mark) {
    const Marked marked(with_mark);
    try {
        return "it was read: " + text_of(load(marked.text));
    } catch (const ConfigError &error) {
        EXPECT_EQ(error.where().line, marked.where.line) << error.what();
        EXPECT_EQ(error.where().column, marked.where.column) << error.what();
        const std::string what = error.what();
        return what.substr(what.find(": ") + 2);
    }
}

/// What a build without meson options has; the test knows its own options by the same macros.
std::string defaults() {
    return text_of(default_config("/state"));
}

// --- good values ----------------------------------------------------------------------------------------------

struct Good {
    const char *name, *content, *expected; ///< a part of text_of()
};

class GoodValue : public testing::TestWithParam<Good> {};

TEST_P(GoodValue, IsRead) {
    const std::string text = text_of(load(GetParam().content));
    EXPECT_NE(text.find(GetParam().expected), text.npos) << text << "\ndoes not hold: " << GetParam().expected;
}

constexpr Good good_values[] = {
    {"csvfile", "database: {driver-name: csvfile, filename: /a.csv}",
     "csvfile filename /a.csv delimiter ',' header no;"},
    {"csvfile_delimiter", "database: {driver-name: csvfile, filename: /a.csv, delimiter: '::'}", "delimiter '::'"},
    {"csvfile_delimiter_blank", "database: {driver-name: csvfile, filename: /a.csv, delimiter: ' '}", "delimiter ' '"},
    {"csvfile_delimiter_tab", "database: {driver-name: csvfile, filename: /a.csv, delimiter: \"\\t\"}",
     "delimiter '\t'"},
    {"csvfile_header_yes", "database: {driver-name: csvfile, filename: /a.csv, header: yes}", "header yes;"},
    {"csvfile_header_no", "database: {driver-name: csvfile, filename: /a.csv, header: no}", "header no;"},
#if IPTRACKING_HAVE_SQLITE3
    {"sqlite3", "database: {driver-name: sqlite3}", "sqlite3 filename /state/iptracking.sqlite3 flags [];"},
    {"sqlite3_filename", "database: {driver-name: sqlite3, filename: /a.db}", "sqlite3 filename /a.db flags [];"},
    {"sqlite3_uri", "database: {driver-name: sqlite3, uri: 'file:/a.db?cache=private'}",
     "sqlite3 filename file:/a.db?cache=private flags [URI];"},
    {"sqlite3_url", "database: {driver-name: sqlite3, url: 'file:/a.db'}", "filename file:/a.db flags [URI];"},
    {"sqlite3_uri_with_its_flag", "database: {driver-name: sqlite3, uri: 'file:/a.db', flags: [URI]}",
     "filename file:/a.db flags [URI];"},
    {"sqlite3_flags",
     "database: {driver-name: sqlite3, flags: [URI, MEMORY, NOMUTEX, FULLMUTEX, SHAREDCACHE, PRIVATECACHE, NOFOLLOW]}",
     "flags [URI MEMORY NOMUTEX FULLMUTEX SHAREDCACHE PRIVATECACHE NOFOLLOW];"},
    {"driver_name_with_an_underscore", "database: {driver_name: sqlite3}", "sqlite3"},
#endif
#if IPTRACKING_HAVE_POSTGRESQL
    {"postgresql", "database: {driver-name: postgresql}", "keywords [] client [] admin [];"},
    {"postgresql_schema", "database: {driver-name: postgresql, schema: iptracking}", "schema 'iptracking'"},
    {"postgresql_keywords", "database: {driver-name: postgresql, host: db.example, port: 5433, sslmode: verify-full}",
     "keywords [host=db.example port=5433 sslmode=verify-full]"},
    {"postgresql_keywords_with_hyphens",
     "database: {driver-name: postgresql, connect-timeout: 3, target_session_attrs: any}",
     "keywords [connect_timeout=3 target_session_attrs=any]"},
    {"postgresql_client", "database: {driver-name: postgresql, user: d, client: {user: c, application-name: a}}",
     "keywords [user=d] client [application_name=a user=c] admin []"},
    {"postgresql_admin", "database: {driver-name: postgresql, admin: {user: postgres}}", "admin [user=postgres]"},
#endif
    {"fifo_file", "fifo-file: /run/other.fifo", "; fifo /run/other.fifo;"},
    {"fifo_file_with_an_underscore", "fifo_file: /run/other.fifo", "; fifo /run/other.fifo;"},
    {"records", "log-pool: {records: {min: 7, max: 70, delta: 9}}", "; records 7 70 9;"},
    {"records_lowest", "log-pool: {records: {min: 1, max: 1, delta: 1}}", "; records 1 1 1;"},
    {"records_highest", "log-pool: {records: {min: 1048576, max: 1048576, delta: 1048576}}",
     "; records 1048576 1048576 1048576;"},
    {"records_without_a_limit", "log-pool: {records: {min: 7, max: 0, delta: 1}}", "; records 7 0 1;"},
    {"max_bytes", "log-pool: {max-bytes: 100M}", "; max-bytes 104857600;"},
    {"max_bytes_lowest", "log_pool: {max_bytes: 64K}", "; max-bytes 65536;"},
    {"max_bytes_highest", "log-pool: {max-bytes: 1048576G}", "; max-bytes 1125899906842624;"},
    {"sync_no", "log-pool: {sync: no}", "; sync no;"},
    {"sync_batch", "log-pool: {sync: batch}", "; sync batch;"},
    {"push_wait", "log-pool: {push-wait-seconds: {min: 2, max: 20, grow-threshold: 3, delta: 6}}", "; wait 2 20 3 6;"},
    {"push_wait_lowest", "log_pool: {push_wait_seconds: {min: 1, max: 1, grow_threshold: 1, delta: 0}}",
     "; wait 1 1 1 0;"},
    {"push_wait_highest",
     "log-pool: {push-wait-seconds: {min: 86400, max: 86400, grow-threshold: 1048576, delta: 86400}}",
     "; wait 86400 86400 1048576 86400;"},
    {"retention_in_hours", "retention: 36h", "; retention 36h"},
    {"retention_in_days", "retention: 90d", "; retention 2160h"},
    {"retention_in_weeks", "retention: 12w", "; retention 2016h"},
    {"retention_in_years", "retention: 2y", "; retention 17520h"},
    {"retention_none", "retention: none", "; retention none"},
};

constexpr auto name_of_case = [](const auto &info) { return std::string(info.param.name); };

INSTANTIATE_TEST_SUITE_P(Config, GoodValue, testing::ValuesIn(good_values), name_of_case);

// --- bad values -----------------------------------------------------------------------------------------------

struct Bad {
    const char *name, *content, *expected;
};

class BadValue : public testing::TestWithParam<Bad> {};

TEST_P(BadValue, IsRefusedAtItsPlace) {
    EXPECT_EQ(error_at(GetParam().content), GetParam().expected);
}

constexpr Bad bad_values[] = {
    {"unknown_key", "^databse: {driver-name: sqlite3}", "unknown key 'databse'; the nearest known one is 'database'"},
    {"unknown_key_in_the_pool", "log-pool:\n  ^maxbytes: 1G\n",
     "unknown key 'log-pool.maxbytes'; the nearest known one is 'max-bytes'"},
    {"unknown_key_in_records", "log-pool: {records: {^mim: 1}}",
     "unknown key 'log-pool.records.mim'; the nearest known one is 'min'"},
    {"unknown_key_in_push_wait", "log-pool: {push-wait-seconds: {^grow-treshold: 1}}",
     "unknown key 'log-pool.push-wait-seconds.grow-treshold'; the nearest known one is 'grow-threshold'"},
    {"database", "database: ^sqlite3", "'database' must be a mapping"},
    {"driver_name_missing", "database: ^{filename: /a.csv}",
     "'database.driver-name' is missing: one of csvfile, sqlite3, postgresql"},
    {"driver_name", "database: {driver-name: ^mysql}",
     "'database.driver-name' must be one of csvfile, sqlite3, postgresql"},
    {"csvfile_filename_missing", "database: ^{driver-name: csvfile}",
     "'database.filename' is missing: the csvfile driver needs a file to append to"},
    {"csvfile_filename_empty", "database: {driver-name: csvfile, filename: ^''}",
     "'database.filename' is missing: the csvfile driver needs a file to append to"},
    {"csvfile_filename_wrong", "database: {driver-name: csvfile, filename: ^[a]}",
     "'database.filename' must be a text"},
    {"csvfile_delimiter_empty", "database: {driver-name: csvfile, filename: /a.csv, delimiter: ^''}",
     "'database.delimiter' must be a text that is not empty and holds no double quote"},
    {"csvfile_delimiter_quote", "database: {driver-name: csvfile, filename: /a.csv, delimiter: ^'|\"'}",
     "'database.delimiter' must be a text that is not empty and holds no double quote"},
    {"csvfile_delimiter_newline", "database: {driver-name: csvfile, filename: /a.csv, delimiter: ^\"\\n\"}",
     "'database.delimiter' must not hold control characters"},
    {"csvfile_header", "database: {driver-name: csvfile, filename: /a.csv, header: ^maybe}",
     "'database.header' must be yes or no"},
    {"csvfile_with_a_key_of_another_driver", "database: {driver-name: csvfile, filename: /a.csv, ^schema: x}",
     "unknown key 'database.schema'; the nearest known one is 'filename'"},
#if IPTRACKING_HAVE_SQLITE3
    {"sqlite3_filename_empty", "database: {driver-name: sqlite3, filename: ^''}",
     "'database.filename' must not be empty"},
    {"sqlite3_uri_empty", "database: {driver-name: sqlite3, uri: ^''}", "'database.uri' must not be empty"},
    {"sqlite3_uri", "database: {driver-name: sqlite3, uri: ^/a.db}", "'database.uri' must begin with file:"},
    {"sqlite3_url", "database: {driver-name: sqlite3, url: ^http://a}", "'database.url' must begin with file:"},
    {"sqlite3_filename_and_uri", "database: {driver-name: sqlite3, filename: /a.db, uri: ^'file:/a.db'}",
     "'database.uri' and 'filename' exclude each other: give one of them"},
    {"sqlite3_filename_and_url", "database: {driver-name: sqlite3, url: ^'file:/a.db', filename: /a.db}",
     "'database.url' and 'filename' exclude each other: give one of them"},
    {"sqlite3_uri_and_url", "database: {driver-name: sqlite3, url: 'file:/a.db', ^uri: 'file:/a.db'}",
     "unknown key 'database.uri'; the nearest known one is 'url'"},
    {"sqlite3_flags", "database: {driver-name: sqlite3, flags: [URI, ^CREATE]}",
     "'database.flags' must be a sequence of URI, MEMORY, NOMUTEX, FULLMUTEX, SHAREDCACHE, PRIVATECACHE, NOFOLLOW"},
    {"sqlite3_flags_no_sequence", "database: {driver-name: sqlite3, flags: ^URI}",
     "'database.flags' must be a sequence of URI, MEMORY, NOMUTEX, FULLMUTEX, SHAREDCACHE, PRIVATECACHE, NOFOLLOW"},
#endif
#if IPTRACKING_HAVE_POSTGRESQL
    {"postgresql_schema_empty", "database: {driver-name: postgresql, schema: ^''}",
     "'database.schema' must be a name of 1 to 63 bytes"},
    {"postgresql_schema_long",
     "database: {driver-name: postgresql, schema: ^xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}",
     "'database.schema' must be a name of 1 to 63 bytes"},
    {"postgresql_keyword", "database: {driver-name: postgresql, ^hots: db}",
     "unknown key 'database.hots'; the nearest known one is 'host'"},
    {"postgresql_keyword_value", "database: {driver-name: postgresql, host: ^[db]}", "'database.host' must be a text"},
    {"postgresql_client", "database: {driver-name: postgresql, client: ^alice}", "'database.client' must be a mapping"},
    {"postgresql_client_keyword", "database: {driver-name: postgresql, client: {^usr: alice}}",
     "unknown key 'database.client.usr'; the nearest known one is 'user'"},
    {"postgresql_admin", "database: {driver-name: postgresql, admin: ^[alice]}", "'database.admin' must be a mapping"},
    {"postgresql_admin_keyword", "database: {driver-name: postgresql, admin: {^pasword: x}}",
     "unknown key 'database.admin.pasword'; the nearest known one is 'password'"},
#endif
    {"fifo_file", "fifo-file: ^iptracking.fifo", "'fifo-file' must be an absolute path"},
    {"fifo_file_empty", "fifo-file: ^''", "'fifo-file' must be an absolute path"},
    {"fifo_file_nothing", "fifo-file:^", "'fifo-file' must be a text"},
    {"log_pool", "log-pool: ^[]", "'log-pool' must be a mapping"},
    {"records", "log-pool: {records: ^5}", "'log-pool.records' must be a mapping"},
    {"records_min", "log-pool: {records: {min: ^0}}", "'log-pool.records.min' must be a number from 1 to 1048576"},
    {"records_max", "log-pool: {records: {max: ^1048577}}",
     "'log-pool.records.max' must be a number from 0 to 1048576"},
    {"records_delta", "log-pool: {records: {delta: ^0}}",
     "'log-pool.records.delta' must be a number from 1 to 1048576"},
    {"records_max_below_min", "log-pool: {records: {max: ^8, min: 9}}",
     "'log-pool.records.max' must not be less than 'min', which is 9"},
    {"max_bytes", "log-pool: {max-bytes: ^65535}",
     "'log-pool.max-bytes' must be a size from 65536 to 1125899906842624 bytes, like 1048576, 1024K, 256M or 1G"},
    {"max_bytes_zero", "log-pool: {max-bytes: ^0}",
     "'log-pool.max-bytes' must be a size from 65536 to 1125899906842624 bytes, like 1048576, 1024K, 256M or 1G"},
    {"sync", "log-pool: {sync: ^yes}", "'log-pool.sync' must be one of no, batch"},
    {"push_wait", "log-pool: {push-wait-seconds: ^5}", "'log-pool.push-wait-seconds' must be a mapping"},
    {"push_wait_min", "log-pool: {push-wait-seconds: {min: ^0}}",
     "'log-pool.push-wait-seconds.min' must be a number from 1 to 86400"},
    {"push_wait_max", "log-pool: {push-wait-seconds: {max: ^86401}}",
     "'log-pool.push-wait-seconds.max' must be a number from 1 to 86400"},
    {"push_wait_grow_threshold", "log-pool: {push-wait-seconds: {grow-threshold: ^0}}",
     "'log-pool.push-wait-seconds.grow-threshold' must be a number from 1 to 1048576"},
    {"push_wait_delta", "log-pool: {push-wait-seconds: {delta: ^-1}}",
     "'log-pool.push-wait-seconds.delta' must be a number from 0 to 86400"},
    {"push_wait_max_below_min", "log-pool: {push-wait-seconds: {min: 9, max: ^8}}",
     "'log-pool.push-wait-seconds.max' must not be less than 'min', which is 9"},
    {"push_wait_min_above_the_default_max", "log-pool: {push-wait-seconds: ^{min: 80000}}",
     "'log-pool.push-wait-seconds.max' must not be less than 'min', which is 80000"},
    {"retention_without_a_unit", "retention: ^90", "'retention' must be an age like 36h, 90d, 12w or 2y, or none"},
    {"retention_with_another_unit", "retention: ^90m", "'retention' must be an age like 36h, 90d, 12w or 2y, or none"},
    {"retention_zero", "retention: ^0d", "'retention' must be an age like 36h, 90d, 12w or 2y, or none"},
    {"retention_negative", "retention: ^-9d", "'retention' must be an age like 36h, 90d, 12w or 2y, or none"},
    {"retention_of_a_million", "retention: ^1000000d", "'retention' must be an age like 36h, 90d, 12w or 2y, or none"},
    {"retention_only_a_unit", "retention: ^d", "'retention' must be an age like 36h, 90d, 12w or 2y, or none"},
    {"retention_empty", "retention: ^''", "'retention' must be an age like 36h, 90d, 12w or 2y, or none"},
    {"twice", "retention: 9d\n^retention: 8d\n", "'retention' is given twice"},
    {"no_mapping", "^retention 9d", "the document must be a mapping"},
};

INSTANTIATE_TEST_SUITE_P(Config, BadValue, testing::ValuesIn(bad_values), name_of_case);

// --- the whole ------------------------------------------------------------------------------------------------

TEST(Config, WithoutAFileIsSqlite3InTheStateDirectory) {
    const Config config = default_config("/state");
    EXPECT_EQ(text_of(config.driver), "sqlite3 filename /state/iptracking.sqlite3 flags []");
    EXPECT_EQ(config.fifo_file, IPTRACKING_FIFO_FILE);
    EXPECT_EQ(config.pool.max_bytes, std::nullopt);
    EXPECT_EQ(config.pool.sync, PoolSync::no);
    EXPECT_EQ(config.retention, std::nullopt);
}

TEST(Config, HasTheDefaultsOfTheManualUnlessTheBuildSaysOtherwise) {
    if (IPTRACKING_RECORDS_MIN != 32 || IPTRACKING_RECORDS_MAX != 0 || IPTRACKING_RECORDS_DELTA != 32 ||
        IPTRACKING_PUSH_WAIT_MIN != 5 || IPTRACKING_PUSH_WAIT_MAX != 600 || IPTRACKING_PUSH_WAIT_GROW_THRESHOLD != 4 ||
        IPTRACKING_PUSH_WAIT_DELTA != 5)
        GTEST_SKIP() << "built with other defaults";
    EXPECT_NE(defaults().find("; records 32 0 32; max-bytes usual; sync no; wait 5 600 4 5; retention none"),
              std::string::npos)
        << defaults();
}

TEST(Config, OfAnEmptyFileIsTheDefault) {
    EXPECT_EQ(text_of(load("")), defaults());
    EXPECT_EQ(text_of(load("# nothing\n")), defaults());
}

TEST(Config, KeepsTheDefaultOfAllThatTheFileDoesNotName) {
    Config expected = default_config("/state");
    expected.pool.records.delta = 77;
    EXPECT_EQ(text_of(load("log-pool: {records: {delta: 77}}")), text_of(expected));
}

TEST(Config, NamesAFileThatIsMissing) {
    const TempDir folder;
    try {
        load_config(folder / "none.yml", "/state");
        FAIL() << "it was read";
    } catch (const SystemError &error) {
        EXPECT_EQ(error.code(), ENOENT);
        EXPECT_EQ(error.what(), "cannot open '" + (folder / "none.yml") + "': No such file or directory");
    }
}

TEST(Config, NamesTheFileOfAnError) {
    const TempDir folder;
    test::write_file(folder / "bad.yml", "a: 1\n");
    try {
        load_config(folder / "bad.yml", "/state");
        FAIL() << "it was read";
    } catch (const ConfigError &error) {
        EXPECT_TRUE(std::string(error.what()).starts_with(folder / "bad.yml:1:1: unknown key 'a'")) << error.what();
    }
}

TEST(Config, RefusesAFileOfMoreThan256KiB) {
    EXPECT_THROW(load("#" + std::string(longest_yaml, 'x')), Error);
    EXPECT_NO_THROW(load("#" + std::string(longest_yaml - 1, 'x')));
}

#if !IPTRACKING_HAVE_SQLITE3 || !IPTRACKING_HAVE_POSTGRESQL
TEST(Config, NamesTheDriverThatIsNotInThisBuild) {
    const std::string name = IPTRACKING_HAVE_SQLITE3 ? "postgresql" : "sqlite3";
    EXPECT_EQ(error_at("database: {driver-name: ^" + name + "}"),
              "'database.driver-name' names '" + name +
                  "', which is not in this build; these are: " + drivers_built_in());
}
#endif

TEST(Config, NamesTheVersionOfLibpqThatAKeywordNeeds) {
#if IPTRACKING_HAVE_POSTGRESQL
    const auto &known = postgres_keywords();
    for (const auto &[keyword, since] : {std::pair{"sslcertmode", "16"}, std::pair{"sslnegotiation", "17"},
                                         std::pair{"sslkeylogfile", "18"}, std::pair{"servicefile", "18"}}) {
        if (std::find(known.begin(), known.end(), keyword) != known.end())
            continue;
        EXPECT_EQ(error_at("database: {driver-name: postgresql, " + std::string(keyword) + ": ^x}"),
                  "'database." + std::string(keyword) + "' is a keyword of libpq " + since +
                      "; the libpq here does not know it");
        return;
    }
    GTEST_SKIP() << "the libpq of this machine knows them all";
#else
    GTEST_SKIP() << "this build has no libpq";
#endif
}

TEST(PostgresKeywords, AreThoseOfThisMachinesLibpq) {
#if IPTRACKING_HAVE_POSTGRESQL
    const auto &known = postgres_keywords();
    for (const char *keyword : {"host", "port", "dbname", "user", "password", "sslmode", "application_name"})
        EXPECT_NE(std::find(known.begin(), known.end(), keyword), known.end()) << keyword;
    EXPECT_EQ(std::find(known.begin(), known.end(), "schema"), known.end());
    EXPECT_EQ(newer_postgres_keyword("host"), nullptr);
#else
    GTEST_SKIP() << "this build has no libpq";
#endif
}

// --- the shipped template -------------------------------------------------------------------------------------

/// The parts between empty lines.
std::vector<std::string> paragraphs_of(const std::string &text) {
    std::vector<std::string> paragraphs{""};
    for (const std::string &line : test::split(text, '\n')) {
        if (line.empty())
            paragraphs.emplace_back();
        else
            paragraphs.back() += line + "\n";
    }
    return paragraphs;
}

/// "#  key: value" to "  key: value"; prose stands behind "# ".
std::string without_comment_mark(const std::string &line) {
    const std::size_t mark = line.find('#');
    if (mark == line.npos || line.find_first_not_of(' ') != mark)
        return line;
    const std::string rest = line.substr(mark + 1);
    const std::size_t word = rest.find_first_not_of(' ');
    if (word == rest.npos || word == 1)
        return line;
    const std::size_t end = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz_-", word);
    const bool option = end != rest.npos && end > word && rest[end] == ':';
    return option || rest[word] == '#' ? line.substr(0, mark) + rest : line;
}

std::string without_comment_marks(const std::string &paragraph) {
    std::string text;
    for (const std::string &line : test::split(paragraph, '\n'))
        text += without_comment_mark(line) + "\n";
    return text;
}

TEST(Template, LoadsAndIsTheDefault) {
    const std::string file = IPTRACKING_TEMPLATE;
    EXPECT_EQ(text_of(load_config(file, "/state")), defaults());
}

TEST(Template, LoadsWithEachOfItsDatabasesAndAllItsOptions) {
    std::vector<std::string> databases, others;
    for (const std::string &paragraph : paragraphs_of(test::read_file(IPTRACKING_TEMPLATE))) {
        const std::string text = without_comment_marks(paragraph);
        const bool database = text.starts_with("database:") || text.find("\ndatabase:") != text.npos;
        (database ? databases : others).push_back(text);
    }
    ASSERT_GE(databases.size(), 2u);
    std::vector<std::string> drivers;
    for (const std::string &database : databases) {
        std::string content = database;
        for (const std::string &other : others)
            content += "\n" + other;
        SCOPED_TRACE(content);
        if ((!IPTRACKING_HAVE_SQLITE3 && content.find("driver-name: sqlite3") != content.npos) ||
            (!IPTRACKING_HAVE_POSTGRESQL && content.find("driver-name: postgresql") != content.npos))
            continue;
        const Config config = load(content);
        drivers.emplace_back(driver_name(config.driver));
        Config expected = default_config("/state");
        expected.driver = config.driver;
        expected.pool.max_bytes = 256 * 1024 * 1024;
        EXPECT_EQ(text_of(config), text_of(expected)) << "what the template shows is not the default";
        for (const char *key : {"\nfifo-file: ", "\nlog-pool:\n", "\n  records:\n", "\n    min: ", "\n  max-bytes: ",
                                "\n  sync: ", "\n    grow-threshold: ", "\nretention: "})
            EXPECT_NE(content.find(key), content.npos) << key;
    }
    EXPECT_NE(std::find(drivers.begin(), drivers.end(), "csvfile"), drivers.end());
}

} // namespace
} // namespace iptracking
