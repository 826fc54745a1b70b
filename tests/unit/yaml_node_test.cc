// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/yaml_node.h"

#include "support.h"

#include <gtest/gtest.h>

namespace iptracking {
namespace {

using namespace std::string_literals;
using test::Marked;

YamlNode parse(const std::string &content) {
    return parse_yaml("a.yml", content);
}

/// What is wrong at the ^, without "a.yml:LINE:COLUMN: ".
std::string error_at(std::string_view with_mark) {
    const Marked marked(with_mark);
    try {
        parse(marked.text);
    } catch (const ConfigError &error) {
        const std::string prefix =
            "a.yml:" + std::to_string(marked.where.line) + ":" + std::to_string(marked.where.column) + ": ";
        const std::string what = error.what();
        EXPECT_TRUE(what.starts_with(prefix)) << what << "\nis not at " << prefix;
        EXPECT_EQ(error.where().line, marked.where.line);
        EXPECT_EQ(error.where().column, marked.where.column);
        return what.substr(std::min(prefix.size(), what.size()));
    }
    return "it was read";
}

TEST(YamlNode, KnowsTheKindTheTextAndThePlaceOfEachPart) {
    const YamlNode root = parse("a: 1\nb:\n  c: 'two'\n  d: [x, \"y\"]\n");
    ASSERT_EQ(root.kind, YamlNode::Kind::mapping);
    ASSERT_EQ(root.items.size(), 2u);
    EXPECT_EQ(root.items[0].key, "a");
    EXPECT_EQ(root.items[1].key, "b");
    EXPECT_EQ(root.items[1].key_where.line, 2u);
    EXPECT_EQ(root.items[1].key_where.column, 1u);
    EXPECT_EQ(root.items[0].text, "1");
    EXPECT_FALSE(root.items[0].quoted);
    const YamlNode &b = root.items[1];
    ASSERT_EQ(b.kind, YamlNode::Kind::mapping);
    ASSERT_EQ(b.items.size(), 2u);
    EXPECT_EQ(b.items[0].text, "two");
    EXPECT_TRUE(b.items[0].quoted);
    EXPECT_EQ(b.items[0].where.line, 3u);
    EXPECT_EQ(b.items[0].where.column, 6u);
    const YamlNode &d = b.items[1];
    ASSERT_EQ(d.kind, YamlNode::Kind::sequence);
    ASSERT_EQ(d.items.size(), 2u);
    EXPECT_EQ(d.items[0].text, "x");
    EXPECT_EQ(d.items[1].text, "y");
    EXPECT_TRUE(d.items[1].quoted);
    EXPECT_EQ(d.items[1].where.line, 4u);
    EXPECT_EQ(d.items[1].where.column, 10u);
}

TEST(YamlNode, TakesAFileWithoutContentForAnEmptyMapping) {
    for (const char *content : {"", "\n\n", "# a comment\n", "---\n", "--- # a comment\n...\n"}) {
        const YamlNode root = parse(content);
        EXPECT_EQ(root.kind, YamlNode::Kind::mapping) << content;
        EXPECT_TRUE(root.items.empty()) << content;
    }
}

TEST(YamlNode, KeepsWhatIsNotAMappingForTheCallerToRefuse) {
    EXPECT_EQ(parse("word\n").kind, YamlNode::Kind::scalar);
    EXPECT_EQ(parse("- word\n").kind, YamlNode::Kind::sequence);
}

TEST(YamlNode, RefusesAnchors) {
    EXPECT_EQ(error_at("a: ^&x 1\n"), "anchors are not allowed");
    EXPECT_EQ(error_at("a: ^&x\n  b: 1\n"), "anchors are not allowed");
    EXPECT_EQ(error_at("a: ^&x [1]\n"), "anchors are not allowed");
    EXPECT_EQ(error_at("^&x a: 1\n"), "anchors are not allowed");
}

TEST(YamlNode, RefusesAliases) {
    EXPECT_EQ(error_at("a: 1\nb: ^*x\n"), "aliases are not allowed");
    EXPECT_EQ(error_at("^*x : 1\n"), "aliases are not allowed");
    EXPECT_EQ(error_at("a: [1, ^*x]\n"), "aliases are not allowed");
}

TEST(YamlNode, RefusesTags) {
    EXPECT_EQ(error_at("a: ^!!str 1\n"), "tags are not allowed");
    EXPECT_EQ(error_at("a: ^!x\n  b: 1\n"), "tags are not allowed");
    EXPECT_EQ(error_at("a: ^!!seq [1]\n"), "tags are not allowed");
}

TEST(YamlNode, RefusesASecondDocument) {
    EXPECT_EQ(error_at("a: 1\n^---\nb: 2\n"), "a second document in the file");
}

TEST(YamlNode, RefusesKeysThatAreNoWords) {
    EXPECT_EQ(error_at("^[a, b]: 1\n"), "a key must be a word");
    EXPECT_EQ(error_at("? ^{a: b}\n: 1\n"), "a key must be a word");
}

TEST(YamlNode, TakesADepthOf16AndNoMore) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_NO_THROW(parse(nested(16)));
    EXPECT_EQ(error_at(std::string(16, '[') + "^[" + std::string(17, ']')), "nested too deeply");
    EXPECT_NO_THROW(parse("a: " + nested(15)));
    EXPECT_EQ(error_at("a: " + std::string(15, '[') + "^[" + std::string(16, ']')), "nested too deeply");
}

TEST(YamlNode, RefusesATextThatIsNestedTooDeeply) {
    EXPECT_NO_THROW(parse(std::string(15, '[') + "x" + std::string(15, ']')));
    EXPECT_EQ(error_at(std::string(16, '[') + "^x" + std::string(16, ']')), "nested too deeply");
}

TEST(YamlNode, TakesAFileOf256KiBAndNoMore) {
    std::string content = "a: 1\n#";
    content.resize(longest_yaml, 'x');
    EXPECT_EQ(parse(content).items.size(), 1u);
    EXPECT_EQ(error_at("^" + content + "x"), "longer than 262144 bytes");
}

TEST(YamlNode, SaysWhereTheSyntaxIsWrong) {
    EXPECT_NE(error_at("a: 1\nb: [1, 2\nc^: 3\n"), "it was read");
    EXPECT_NE(error_at("a: 1\n^\tb: 2\n"), "it was read");
    EXPECT_NE(error_at("a: 'x\nb: 2\n^"), "it was read");
}

TEST(YamlNode, SaysWhereTheFileIsNotUtf8) {
    EXPECT_NE(error_at("^\xff: 1\n"), "it was read");
    EXPECT_NE(error_at("a: ^\xff\n"), "it was read");
    EXPECT_NE(error_at("a: 1\n^\xff: 2\n"), "it was read");
    EXPECT_NE(error_at("a: 1\n\nb: 22^\xc0\x80\nc: 3\n"), "it was read");
    EXPECT_NE(error_at("# " + std::string(70'000, 'x') + "\n# ^\xed\xa0\x80\n"), "it was read");
}

TEST(YamlNode, SaysWhereAControlCharacterStands) {
    EXPECT_NE(error_at("a: 1\nb: ^\x01\n"), "it was read");
    EXPECT_NE(error_at("a: 1\nb: ^\0\n"s), "it was read");
}

} // namespace
} // namespace iptracking
