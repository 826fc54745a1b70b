// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/csv_driver.h"

#include <gtest/gtest.h>
#include <random>

namespace iptracking {
namespace {

std::string field(std::string_view text, std::string_view delimiter = ",") {
    std::string out;
    append_csv_field(out, text, delimiter);
    return out;
}

std::string line_of(const std::vector<std::string> &fields, std::string_view delimiter) {
    std::string line;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i > 0)
            line += delimiter;
        append_csv_field(line, fields[i], delimiter);
    }
    return line;
}

/// Reads one line as RFC 4180 says, from left to right.  It shares nothing with the code that writes.
std::vector<std::string> parse(std::string_view line, std::string_view delimiter) {
    std::vector<std::string> fields;
    for (;;) {
        std::string value;
        if (line.starts_with('"')) {
            line.remove_prefix(1);
            for (;;) {
                if (line.empty())
                    throw std::runtime_error("a quote is missing");
                const char c = line[0];
                line.remove_prefix(1);
                if (c == '"') {
                    if (!line.starts_with('"'))
                        break;
                    line.remove_prefix(1);
                }
                value += c;
            }
            if (!line.empty() && !line.starts_with(delimiter))
                throw std::runtime_error("something behind a closing quote");
        } else {
            while (!line.empty() && !line.starts_with(delimiter)) {
                if (line[0] == '"')
                    throw std::runtime_error("a quote inside a field");
                value += line[0];
                line.remove_prefix(1);
            }
        }
        fields.push_back(value);
        if (line.empty())
            return fields;
        line.remove_prefix(delimiter.size());
    }
}

TEST(CsvField, IsPlainWhereNothingNeedsAQuote) {
    EXPECT_EQ(field("alice"), "alice");
    EXPECT_EQ(field(""), "");
    EXPECT_EQ(field("a b;c|d'e\\x41"), "a b;c|d'e\\x41");
    EXPECT_EQ(field("caf\u00e9"), "caf\u00e9");
}

TEST(CsvField, IsQuotedWhereItHoldsTheDelimiter) {
    EXPECT_EQ(field("x,y"), "\"x,y\"");
    EXPECT_EQ(field(","), "\",\"");
    EXPECT_EQ(field("x,y", ";"), "x,y");
    EXPECT_EQ(field("x;y", ";"), "\"x;y\"");
}

TEST(CsvField, DoublesAQuoteInsideQuotes) {
    EXPECT_EQ(field("\"q\""), "\"\"\"q\"\"\"");
    EXPECT_EQ(field("a\"b"), "\"a\"\"b\"");
}

TEST(CsvField, IsQuotedWhereItHoldsTheEndOfALine) {
    EXPECT_EQ(field("a\nb"), "\"a\nb\"");
    EXPECT_EQ(field("a\rb"), "\"a\rb\"");
}

TEST(CsvField, IsPlainWhereItHoldsOnlyAPartOfTheDelimiter) {
    EXPECT_EQ(field("a:b", "::"), "a:b");
    EXPECT_EQ(field("a::b", "::"), "\"a::b\"");
}

TEST(CsvField, IsQuotedWhereADelimiterBeginsInItAndEndsBehindIt) {
    EXPECT_EQ(field("a:", "::"), "\"a:\"");
    EXPECT_EQ(field("xab", "abx"), "xab");
    EXPECT_EQ(field("xab", "abab"), "\"xab\"");
}

TEST(CsvField, IsAppended) {
    std::string out = "before,";
    append_csv_field(out, "x", ",");
    EXPECT_EQ(out, "before,x");
}

TEST(CsvField, IsReadBackByAnyReaderWhateverItAndTheDelimiterAre) {
    std::mt19937 random(4180);
    const auto pick = [&](std::string_view letters) { return letters[random() % letters.size()]; };
    for (int round = 0; round < 30000; ++round) {
        std::string delimiter;
        for (auto size = 1 + random() % 3; size > 0; --size)
            delimiter += pick("ab:, ");
        std::vector<std::string> fields(2 + random() % 3);
        for (std::string &text : fields)
            for (auto size = random() % 6; size > 0; --size)
                text += pick("ab:, \"\"");
        const std::string line = line_of(fields, delimiter);
        EXPECT_EQ(parse(line, delimiter), fields) << "'" << delimiter << "': " << line;
    }
}

TEST(CsvHeader, BeginsWithTheColumnsOfTheContract) {
    EXPECT_TRUE(csv_header(",").starts_with("dst_ipaddr,src_ipaddr,src_port,log_event,sshd_pid,uid,log_date,"));
    EXPECT_EQ(
        parse(csv_header(","), ","),
        (std::vector<std::string>{"dst_ipaddr", "src_ipaddr",  "src_port", "log_event", "sshd_pid",    "uid",
                                  "log_date",   "dst_port",    "outcome",  "service",   "tty",         "ruser",
                                  "rhost",      "host",        "flags",    "rx_bytes",  "tx_bytes",    "rx_packets",
                                  "tx_packets", "auth_method", "auth_key", "cert_id",   "cert_serial", "cert_ca"}));
}

TEST(CsvHeader, IsQuotedWhereTheDelimiterAsksForIt) {
    EXPECT_EQ(parse(csv_header("_"), "_"), parse(csv_header(","), ","));
}

} // namespace
} // namespace iptracking
