// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/yaml_map.h"

#include "support.h"

#include <functional>
#include <gtest/gtest.h>

namespace iptracking {
namespace {

using test::Marked;

/// A mapping together with the document that it is in.
struct Document {
    explicit Document(const std::string &content) : root(parse_yaml("a.yml", content)), map("a.yml", root, "") {}
    YamlNode root;
    YamlMap map;
};

/// What is wrong at the ^, without "a.yml:LINE:COLUMN: ".
std::string error_at(std::string_view with_mark, const std::function<void(YamlMap &)> &read) {
    const Marked marked(with_mark);
    try {
        Document document(marked.text);
        read(document.map);
    } catch (const ConfigError &error) {
        const std::string prefix =
            "a.yml:" + std::to_string(marked.where.line) + ":" + std::to_string(marked.where.column) + ": ";
        const std::string what = error.what();
        EXPECT_TRUE(what.starts_with(prefix)) << what << "\nis not at " << prefix;
        return what.substr(std::min(prefix.size(), what.size()));
    }
    return "it was read";
}

std::string error_of_text(std::string_view with_mark) {
    return error_at(with_mark, [](YamlMap &map) { map.text("a"); });
}

std::string error_of_number(std::string_view with_mark) {
    return error_at(with_mark, [](YamlMap &map) { map.number("a", 2, 10); });
}

std::string error_of_size(std::string_view with_mark) {
    return error_at(with_mark, [](YamlMap &map) { map.size("a", 1024, 1024 * 1024); });
}

TEST(YamlMap, GivesNothingForAKeyThatIsNotThere) {
    Document document("b: 1\n");
    EXPECT_EQ(document.map.text("a"), std::nullopt);
    EXPECT_EQ(document.map.number("a", 0, 9), std::nullopt);
    EXPECT_EQ(document.map.size("a", 0, 9), std::nullopt);
    EXPECT_EQ(document.map.truth("a"), std::nullopt);
    EXPECT_EQ(document.map.word("a", {"x"}), std::nullopt);
    EXPECT_EQ(document.map.words("a", {"x"}), std::nullopt);
    EXPECT_FALSE(document.map.map("a"));
    EXPECT_FALSE(document.map.has("a"));
    EXPECT_TRUE(document.map.has("b"));
}

TEST(YamlMap, ReadsATextAsItIs) {
    EXPECT_EQ(Document("a: x y\n").map.text("a"), "x y");
    EXPECT_EQ(Document("a: 12\n").map.text("a"), "12");
    EXPECT_EQ(Document("a: ''\n").map.text("a"), "");
    EXPECT_EQ(Document("a: \"\\u00e9\"\n").map.text("a"), "\u00e9");
}

TEST(YamlMap, RefusesWhatIsNoText) {
    EXPECT_EQ(error_of_text("a: ^[x]\n"), "'a' must be a text");
    EXPECT_EQ(error_of_text("a:\n  ^b: 1\n"), "'a' must be a text");
    EXPECT_EQ(error_of_text("a:^\n"), "'a' must be a text");
    EXPECT_EQ(error_of_text("a: ^~\n"), "'a' must be a text");
    EXPECT_EQ(error_of_text("a: ^null\n"), "'a' must be a text");
    EXPECT_EQ(error_of_text("a: ^\"x\\ny\"\n"), "'a' must not hold control characters");
    EXPECT_EQ(error_of_text("a: ^\"x\\x7f\"\n"), "'a' must not hold control characters");
}

TEST(YamlMap, ReadsANumberWithinItsLimits) {
    EXPECT_EQ(Document("a: 2\n").map.number("a", 2, 10), 2u);
    EXPECT_EQ(Document("a: 10\n").map.number("a", 2, 10), 10u);
    EXPECT_EQ(Document("a: 0\n").map.number("a", 0, 10), 0u);
    EXPECT_EQ(Document("a: 18446744073709551615\n").map.number("a", 0, UINT64_MAX), UINT64_MAX);
}

TEST(YamlMap, RefusesWhatIsNoNumberWithinItsLimits) {
    const char expected[] = "'a' must be a number from 2 to 10";
    EXPECT_EQ(error_of_number("a: ^1\n"), expected);
    EXPECT_EQ(error_of_number("a: ^11\n"), expected);
    EXPECT_EQ(error_of_number("a: ^-5\n"), expected);
    EXPECT_EQ(error_of_number("a: ^+5\n"), expected);
    EXPECT_EQ(error_of_number("a: ^05\n"), expected);
    EXPECT_EQ(error_of_number("a: ^0x5\n"), expected);
    EXPECT_EQ(error_of_number("a: ^5.0\n"), expected);
    EXPECT_EQ(error_of_number("a: ^5 x\n"), expected);
    EXPECT_EQ(error_of_number("a: ^'5'\n"), expected);
    EXPECT_EQ(error_of_number("a: ^five\n"), expected);
    EXPECT_EQ(error_of_number("a: ^18446744073709551621\n"), expected);
    EXPECT_EQ(error_of_number("a: ^[5]\n"), expected);
    EXPECT_EQ(error_of_number("a:^\n"), expected);
}

TEST(YamlMap, ReadsASizeWithItsUnit) {
    EXPECT_EQ(Document("a: 4096\n").map.size("a", 1024, UINT64_MAX), 4096u);
    EXPECT_EQ(Document("a: 1K\n").map.size("a", 1024, UINT64_MAX), 1024u);
    EXPECT_EQ(Document("a: 3M\n").map.size("a", 1024, UINT64_MAX), 3u * 1024 * 1024);
    EXPECT_EQ(Document("a: 2G\n").map.size("a", 1024, UINT64_MAX), 2ull * 1024 * 1024 * 1024);
    EXPECT_EQ(Document("a: 17179869183G\n").map.size("a", 1024, UINT64_MAX), 17179869183ull << 30);
}

TEST(YamlMap, RefusesWhatIsNoSizeWithinItsLimits) {
    const char expected[] = "'a' must be a size from 1024 to 1048576 bytes, like 1048576, 1024K, 256M or 1G";
    for (const char *text : {"1023", "1048577", "1025K", "2M", "K", "M", "4KB", "4k", "4 K", "-4K", "04K", "'4K'",
                             "four", "4.5K", "17179869184G", "18446744073709551615G", "18014398509481986K", "4T"})
        EXPECT_EQ(error_of_size(std::string("a: ^") + text + "\n"), expected) << text;
}

TEST(YamlMap, ReadsATruth) {
    for (const char *yes : {"yes", "true", "on"})
        EXPECT_EQ(Document(std::string("a: ") + yes).map.truth("a"), true) << yes;
    for (const char *no : {"no", "false", "off"})
        EXPECT_EQ(Document(std::string("a: ") + no).map.truth("a"), false) << no;
}

TEST(YamlMap, RefusesWhatIsNoTruth) {
    const auto truth = [](YamlMap &map) { map.truth("a"); };
    for (const char *text : {"y", "1", "0", "Yes", "'yes'", "maybe", "[yes]", "~"})
        EXPECT_EQ(error_at(std::string("a: ^") + text + "\n", truth), "'a' must be yes or no") << text;
}

TEST(YamlMap, ReadsOneOfTheWordsThatAreAccepted) {
    EXPECT_EQ(Document("a: no\n").map.word("a", {"no", "batch"}), "no");
    EXPECT_EQ(Document("a: 'batch'\n").map.word("a", {"no", "batch"}), "batch");
    const auto word = [](YamlMap &map) { map.word("a", {"no", "batch"}); };
    EXPECT_EQ(error_at("a: ^yes\n", word), "'a' must be one of no, batch");
    EXPECT_EQ(error_at("a: ^[no]\n", word), "'a' must be one of no, batch");
    EXPECT_EQ(error_at("a: ^''\n", word), "'a' must be one of no, batch");
}

TEST(YamlMap, ReadsASequenceOfTheWordsThatAreAccepted) {
    EXPECT_EQ(Document("a: [X, Y, X]\n").map.words("a", {"X", "Y"}), (std::vector<std::string>{"X", "Y", "X"}));
    EXPECT_EQ(Document("a: []\n").map.words("a", {"X", "Y"}), std::vector<std::string>{});
    const auto words = [](YamlMap &map) { map.words("a", {"X", "Y"}); };
    EXPECT_EQ(error_at("a: ^X\n", words), "'a' must be a sequence of X, Y");
    EXPECT_EQ(error_at("a: [X, ^Z]\n", words), "'a' must be a sequence of X, Y");
    EXPECT_EQ(error_at("a:\n  - X\n  - ^[Y]\n", words), "'a' must be a sequence of X, Y");
    EXPECT_EQ(error_at("a:^\n", words), "'a' must be a sequence of X, Y");
}

TEST(YamlMap, ReadsAMappingInAMapping) {
    Document document("a:\n  b:\n    c: 5\n");
    EXPECT_EQ(document.map.map("a")->map("b")->number("c", 0, 9), 5u);
}

TEST(YamlMap, RefusesWhatIsNoMapping) {
    const auto map = [](YamlMap &root) { root.map("a"); };
    EXPECT_EQ(error_at("a: ^word\n", map), "'a' must be a mapping");
    EXPECT_EQ(error_at("a: ^[word]\n", map), "'a' must be a mapping");
    EXPECT_EQ(error_at("a:^\n", map), "'a' must be a mapping");
    EXPECT_EQ(error_at("^word\n", map), "the document must be a mapping");
    EXPECT_EQ(error_at("^- word\n", map), "the document must be a mapping");
}

TEST(YamlMap, NamesAKeyWithThePathToIt) {
    const auto deep = [](YamlMap &map) { map.map("a")->map("b")->number("c", 0, 9); };
    EXPECT_EQ(error_at("a:\n  b:\n    c: ^10\n", deep), "'a.b.c' must be a number from 0 to 9");
    EXPECT_EQ(error_at("a:\n  b: ^10\n", deep), "'a.b' must be a mapping");
}

TEST(YamlMap, TakesAnUnderscoreInTheFileForAHyphen) {
    Document document("a_b: 1\nc-d: 2\n");
    EXPECT_TRUE(document.map.has("a-b"));
    EXPECT_EQ(document.map.text("a-b"), "1");
    EXPECT_EQ(document.map.text("c-d"), "2");
    EXPECT_NO_THROW(document.map.finish());
}

TEST(YamlMap, RefusesAKeyGivenTwiceAlsoInTheOtherSpelling) {
    const auto nothing = [](YamlMap &) {};
    EXPECT_EQ(error_at("a: 1\nb: 2\n^a: 1\n", nothing), "'a' is given twice");
    EXPECT_EQ(error_at("a-b: 1\n^a_b: 1\n", nothing), "'a_b' is given twice");
    EXPECT_EQ(error_at("x:\n  a_b: 1\n  ^a-b: 1\n", [](YamlMap &map) { map.map("x"); }), "'x.a-b' is given twice");
}

TEST(YamlMap, RefusesAnUnknownKeyAndNamesTheNearestOne) {
    const auto read = [](YamlMap &map) {
        map.text("filename");
        map.text("delimiter");
        map.finish();
    };
    EXPECT_EQ(error_at("filename: x\n^filname: x\n", read),
              "unknown key 'filname'; the nearest known one is 'filename'");
    EXPECT_EQ(error_at("^delimeter: x\n", read), "unknown key 'delimeter'; the nearest known one is 'delimiter'");
    EXPECT_EQ(error_at("^file_name: x\n", read), "unknown key 'file_name'; the nearest known one is 'filename'");
    EXPECT_EQ(error_at("^Filename: x\n", read), "unknown key 'Filename'; the nearest known one is 'filename'");
}

TEST(YamlMap, NamesTheNearestOfTheKeysThatTheCallerKnowsToo) {
    Document document("hots: x\n");
    document.map.text("filename");
    EXPECT_STREQ(document.map.unknown("hots", {"port", "host", "hostaddr"}).what(),
                 "a.yml:1:1: unknown key 'hots'; the nearest known one is 'host'");
}

TEST(YamlMap, KnowsWhichKeysAreLeft) {
    Document document("a_b: 1\nc_d: 2\ne: 3\n");
    document.map.text("a-b");
    EXPECT_EQ(document.map.keys_left(), (std::vector<std::string>{"c-d", "e"}));
    document.map.text("c-d");
    document.map.text("e");
    EXPECT_TRUE(document.map.keys_left().empty());
}

TEST(YamlMap, GivesAnErrorAtAValueOrAtTheMappingIfItIsNotThere) {
    EXPECT_EQ(error_at("x:\n  b: 1\n  a: ^2\n", [](YamlMap &map) { throw map.map("x")->error("a", "is wrong"); }),
              "'x.a' is wrong");
    EXPECT_EQ(error_at("x:\n  ^b: 1\n", [](YamlMap &map) { throw map.map("x")->error("a", "is missing"); }),
              "'x.a' is missing");
}

} // namespace
} // namespace iptracking
