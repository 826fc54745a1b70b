// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/writer.h"

#include "output/put.h"
#include "output/safe_text.h"

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace iptracking {
namespace {

using namespace std::string_literals;

constexpr std::int64_t noon = 1763640000'000'000; // 2025-11-20 12:00:00 UTC

constexpr Column columns[] = {
    {"time", "TIME", Kind::time},         {"user", "USER", Kind::text},
    {"source", "SOURCE", Kind::address},  {"outcome", "OUTCOME", Kind::text},
    {"count", "COUNT", Kind::number},     {"ratio", "RATIO", Kind::ratio},
    {"lasted", "LASTED", Kind::duration}, {"nets", "NETS", Kind::list},
    {"known", "KNOWN", Kind::boolean},    {"origin", "ORIGIN", Kind::text, Need::detail},
};

const Row whole = {noon + 250'000,
                   "alice"s,
                   "192.0.2.7"s,
                   "success"s,
                   std::int64_t{12},
                   0.125,
                   std::int64_t{93'784'000'000},
                   std::vector<std::string>{"192.0.2.0/24", "2001:db8::/48"},
                   true,
                   "journal"s};
const Row bare(10);

/// Texts as strangers type them, and what may be seen of each.
const std::pair<std::string, std::string> hostile_texts[] = {
    {"\x1b[2J", R"(\u{1b}[2J)"},
    {"a\nb\tc\r", R"(a\u{a}b\u{9}c\u{d})"},
    {"\u009b31m", R"(\u{9b}31m)"},
    {"\u202ecba", R"(\u{202e}cba)"},
    {"\u2066\u2069", R"(\u{2066}\u{2069})"},
    {"a\u200bb\ufeff", R"(a\u{200b}b\u{feff})"},
    {"\U000e0041", R"(\u{e0041})"},
    {"\u2028", R"(\u{2028})"},
    {"a\u00a0\u3000b", R"(a\u{a0}\u{3000}b)"},
    {"a\u2800\u3164\uffa0\u115f\u17b4b", R"(a\u{2800}\u{3164}\u{ffa0}\u{115f}\u{17b4}b)"}, // letters without ink
    {"a\ufe0f\u034f\U000e0100", R"(a\u{fe0f}\u{34f}\u{e0100})"},
    {"\xff\xc0\xaf", R"(\xff\xc0\xaf)"},
    {"\xed\xa0\x80", R"(\xed\xa0\x80)"},
    {"\x7f", R"(\u{7f})"},
    {"a\\x1bb", R"(a\x1bb)"},
    {"jörg", "jörg"},
    {"中文", "中文"},
};

class Writers : public testing::Test {
protected:
    Writers() { live_in("C.UTF-8", "Europe/Berlin"); }
    ~Writers() override { live_in("C", "UTC"); }
    static void live_in(const char *locale, const char *zone) {
        std::setlocale(LC_CTYPE, locale);
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
};

std::string written(const Style &style, const std::vector<Row> &rows, std::span<const Column> of = columns) {
    char *text = nullptr;
    std::size_t size = 0;
    std::FILE *const out = ::open_memstream(&text, &size);
    const auto writer = make_writer(out, of, style);
    for (const Row &row : rows)
        writer->write(row);
    writer->finish();
    EXPECT_EQ(writer->rows(), rows.size());
    std::fclose(out);
    std::string all(text, size);
    std::free(text);
    return all;
}

/// One column of text, which is what strangers fill, without the title.
std::string written_text(Format format, const std::string &text) {
    static constexpr Column one[] = {{"user", "USER", Kind::text}};
    return written({.format = format, .legend = false}, {{text}}, one);
}

std::vector<std::string> lines_of(const std::string &text) {
    std::vector<std::string> lines;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = text.find('\n', from);
        lines.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    return lines;
}

TEST_F(Writers, AlignNumbersAtTheRightAndShowADashForWhatIsNotThere) {
    EXPECT_EQ(written({}, {whole, bare}),
              R"(TIME                USER  SOURCE    OUTCOME COUNT RATIO   LASTED NETS                       KNOWN
2025-11-20 13:00:00 alice 192.0.2.7 success    12 12.5% 1d 02:03 192.0.2.0/24 2001:db8::/48 yes
-                   -     -         -           -     -        - -                          -
)");
}

TEST_F(Writers, CutTheWidestTextFirstWhereATableIsTooWide) {
    EXPECT_EQ(written({.width = 80}, {whole, bare}),
              R"(TIME                USER  SOURCE    OUTCOME COUNT RATIO   LASTED NETS      KNOWN
2025-11-20 13:00:00 alice 192.0.2.7 success    12 12.5% 1d 02:03 192.0.2.… yes
-                   -     -         -           -     -        - -         -
)");
}

TEST_F(Writers, SayWhichColumnsHaveNoRoom) {
    EXPECT_EQ(written({.width = 60}, {whole}), R"(TIME                USER  SOURCE    OUTCOME COUNT RATIO
2025-11-20 13:00:00 alice 192.0.2.7 success    12 12.5%

There is no room for LASTED, NETS, KNOWN; --full shows all.
)");
    EXPECT_EQ(written({.quiet = true, .width = 20}, {whole}), "TIME\n2025-11-20 13:00:00\n");
}

TEST_F(Writers, ShowAllOfEachColumnWhereThatIsAsked) {
    EXPECT_EQ(
        written({.full = true, .width = 20}, {whole}),
        R"(TIME                USER  SOURCE    OUTCOME COUNT RATIO   LASTED NETS                       KNOWN ORIGIN
2025-11-20 13:00:00 alice 192.0.2.7 success    12 12.5% 1d 02:03 192.0.2.0/24 2001:db8::/48 yes   journal
)");
}

TEST_F(Writers, NeverMakeATableWiderThanTheTerminal) {
    const Row with_long_texts = {noon, std::string(512, 'a'), "192.0.2.7"s, "中文"s + std::string(99, 'b')};
    const auto four = std::span(columns).first(4);
    for (unsigned width = 29; width <= 250; ++width) {
        for (const std::string &line : lines_of(written({.quiet = true, .width = width}, {with_long_texts}, four)))
            EXPECT_LE(columns_of(line), width) << line;
    }
}

TEST_F(Writers, CountACharacterOfTwoColumnsAsTwo) {
    std::string name;
    for (int i = 0; i < 170; ++i)
        name += "中"; // 510 bytes
    const auto lines = lines_of(written({.legend = false, .width = 40}, {{noon, name}}, std::span(columns).first(2)));
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0], "2025-11-20 13:00:00 中中中中中中中中中…");
}

TEST_F(Writers, KeepTheColumnsOfATableOverManyChunks) {
    std::vector<Row> rows(5000, whole);
    rows[4000][1] = std::string(300, 'x');
    const auto lines = lines_of(written({.width = 80}, rows));
    ASSERT_EQ(lines.size(), 5001u);
    const auto at = [&](std::size_t line) { return lines[line].find("success"); };
    EXPECT_EQ(at(1), at(3000));
    EXPECT_EQ(at(4002), at(5000));
    for (const std::string &line : lines)
        EXPECT_LE(columns_of(line), 80u) << line;
    EXPECT_EQ(std::count(lines.begin(), lines.end(), lines[0]), 1) << "the titles stand once";
}

TEST_F(Writers, ColourTitlesAndWhatDeservesALook) {
    EXPECT_EQ(written({.colour = true}, {{noon, "failure"s, "192.0.2.7"s, "failure"s}}, std::span(columns).first(4)),
              "\033[1mTIME                USER    SOURCE    OUTCOME\033[0m\n"
              "2025-11-20 13:00:00 failure 192.0.2.7 \033[31mfailure\033[0m\n");
}

TEST_F(Writers, PrintNothingButEmptyFormsForNoRows) {
    EXPECT_EQ(written({}, {}), "");
    EXPECT_EQ(written({.format = Format::brief}, {}), "");
    EXPECT_EQ(written({.format = Format::json}, {}), "[]\n");
    EXPECT_EQ(written({.format = Format::json_lines}, {}), "");
    EXPECT_EQ(written({.format = Format::csv}, {}, std::span(columns).first(2)), "time,user\r\n");
}

TEST_F(Writers, MakeTypedJson) {
    EXPECT_EQ(written({.format = Format::json}, {whole, bare}),
              R"([{"time":"2025-11-20T13:00:00.250000+01:00","user":"alice","source":"192.0.2.7","outcome":"success",)"
              R"("count":12,"ratio":0.125,"lasted":93784,"nets":["192.0.2.0/24","2001:db8::/48"],"known":true,)"
              R"("origin":"journal"},)"
              "\n"
              R"({"time":null,"user":null,"source":null,"outcome":null,"count":null,"ratio":null,"lasted":null,)"
              R"("nets":null,"known":null,"origin":null}])"
              "\n");
    EXPECT_EQ(written({.format = Format::json_lines, .utc = true}, {whole, bare}, std::span(columns).first(2)),
              R"({"time":"2025-11-20T12:00:00.250000Z","user":"alice"})"
              "\n"
              R"({"time":null,"user":null})"
              "\n");
}

TEST_F(Writers, MakeCsvWhoseEmptyTextIsNotWhatIsMissing) {
    EXPECT_EQ(written({.format = Format::csv}, {whole, bare}),
              "time,user,source,outcome,count,ratio,lasted,nets,known,origin\r\n"
              "2025-11-20T13:00:00.250000+01:00,alice,192.0.2.7,success,12,0.125,93784,192.0.2.0/24 2001:db8::/48,"
              "true,journal\r\n"
              ",,,,,,,,,\r\n");
    EXPECT_EQ(written_text(Format::csv, ""), "user\r\n\"\"\r\n");
    EXPECT_EQ(written_text(Format::csv, "a,\"b\""), "user\r\n\"a,\"\"b\"\"\"\r\n");
}

TEST_F(Writers, GiveASpreadsheetNoFormula) {
    EXPECT_EQ(written_text(Format::csv, "=1+1"), "user\r\n'=1+1\r\n");
    EXPECT_EQ(written_text(Format::csv, "a;=1;b;;-2"), "user\r\na;'=1;b;;'-2\r\n");
    EXPECT_EQ(written_text(Format::csv, "+1"), "user\r\n'+1\r\n");
    EXPECT_EQ(written_text(Format::csv, "-1"), "user\r\n'-1\r\n");
    EXPECT_EQ(written_text(Format::csv, "@SUM(A1,A2)"), "user\r\n\"'@SUM(A1,A2)\"\r\n");
    EXPECT_EQ(written_text(Format::csv, "\t=1"), "user\r\n'\\u{9}=1\r\n");
    EXPECT_EQ(written({.format = Format::csv}, {{std::int64_t{-3}}}, std::span(columns).subspan(4, 1)),
              "count\r\n-3\r\n");
}

TEST_F(Writers, MakeShortLinesOfOneWordACell) {
    EXPECT_EQ(written({.format = Format::brief}, {whole, bare}),
              "2025-11-20T13:00:00+01:00 alice 192.0.2.7 success 12 12.5% 93784s 192.0.2.0/24 2001:db8::/48 yes\n"
              "- - - - - - - - -\n");
    EXPECT_EQ(written_text(Format::brief, "a b"), "a\\x20b\n");
}

TEST_F(Writers, TellTheEmptyTextFromTheMissingAndFromTextsThatLookLikeThem) {
    EXPECT_EQ(written_text(Format::brief, ""), "\"\"\n");
    EXPECT_EQ(written_text(Format::brief, "-"), "\\x2d\n");
    EXPECT_EQ(written_text(Format::table, "\"\""), "\\x22\\x22\n");
}

TEST_F(Writers, LetNoHostileTextReachTheOutput) {
    for (const auto &[text, seen] : hostile_texts) {
        EXPECT_EQ(written_text(Format::table, text), seen + "\n");
        EXPECT_EQ(written_text(Format::brief, text), seen + "\n");
        const std::string csv = written_text(Format::csv, text);
        EXPECT_TRUE(csv == "user\r\n" + seen + "\r\n" || csv == "user\r\n'" + seen + "\r\n") << csv;
    }
}

TEST_F(Writers, PileNoTowersOfMarks) {
    std::string tower = "o";
    for (int i = 0; i < 6; ++i)
        tower += "\u0301";
    EXPECT_EQ(written_text(Format::table, tower), "o\u0301\u0301\u0301\u0301\\u{301}\\u{301}\n");
    EXPECT_EQ(written_text(Format::table, "\u20dda"), "\\u{20dd}a\n") << "it would stand on what is before it";
    EXPECT_EQ(written_text(Format::table, "e\u0301e\u0301"), "e\u0301e\u0301\n");
}

TEST_F(Writers, EscapeInJsonSoThatItMeansTheSame) {
    const auto json = [](const std::string &text) {
        const std::string line = written_text(Format::json_lines, text);
        return line.substr(8, line.size() - 10); // {"user":…}
    };
    EXPECT_EQ(json("\x1b[2J\n"), R"("\u001b[2J\u000a")");
    EXPECT_EQ(json("\u202ecba"), R"("\u202ecba")");
    EXPECT_EQ(json("\U000e0041"), R"("\udb40\udc41")");
    EXPECT_EQ(json("\xff"), R"("\\xff")") << "as stored text has it";
    EXPECT_EQ(json("a\\x1b\"jörg"), R"("a\\x1b\"jörg")");
    EXPECT_EQ(json("\"\\"), R"("\"\\")");
}

TEST_F(Writers, EscapeWhatTheLocaleCannotPrint) {
    live_in("C", "UTC");
    EXPECT_EQ(written_text(Format::table, "jörg"), "j\\u{f6}rg\n");
    EXPECT_EQ(written({.legend = false, .width = 30}, {{noon, std::string(40, 'x')}}, std::span(columns).first(2)),
              "2025-11-20 12:00:00 xxxxxxxxx>\n");
}

/// What the process holds, in bytes.
long memory_now() {
    std::FILE *const file = std::fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;
    EXPECT_EQ(std::fscanf(file, "%ld %ld", &size, &resident), 2);
    std::fclose(file);
    return resident * ::sysconf(_SC_PAGESIZE);
}

TEST_F(Writers, NeedNoMoreMemoryForAMillionRows) {
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "AddressSanitizer keeps for a while what is given back";
#endif
    std::FILE *const out = std::fopen("/dev/null", "w");
    const auto writer = make_writer(out, columns, {.width = 120});
    for (int i = 0; i < 1000; ++i)
        writer->write(whole);
    const long before = memory_now();
    for (int i = 0; i < 1'000'000; ++i)
        writer->write(whole);
    EXPECT_LT(memory_now() - before, 1 << 20);
    writer->finish();
    std::fclose(out);
}

TEST_F(Writers, SayThatNobodyReadsAnyMore) {
    std::signal(SIGPIPE, SIG_IGN);
    for (const Format format : {Format::table, Format::json, Format::json_lines, Format::csv, Format::brief}) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        ::close(ends[0]);
        std::FILE *const out = ::fdopen(ends[1], "w");
        const auto writer = make_writer(out, columns, {.format = format});
        const auto write_much = [&] {
            for (int i = 0; i < 1000; ++i)
                writer->write(whole);
            writer->finish();
        };
        EXPECT_THROW(write_much(), OutputClosed);
        std::fclose(out);
    }
    std::signal(SIGPIPE, SIG_DFL);
}

TEST_F(Writers, SayThatTheDiskIsFull) {
    std::FILE *const out = std::fopen("/dev/full", "w");
    const auto writer = make_writer(out, columns, {});
    writer->write(whole);
    try {
        writer->finish();
        FAIL();
    } catch (const Error &error) {
        EXPECT_STREQ(error.what(), "cannot write the output: No space left on device");
    }
    std::fclose(out);
}

} // namespace
} // namespace iptracking
