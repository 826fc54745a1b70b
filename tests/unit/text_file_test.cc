// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/text_file.h"

#include "base/error.h"
#include "support.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>
#include <zlib.h>

namespace iptracking {
namespace {

using test::read_file;
using test::TempDir;
using test::write_file;

std::string compressed(const std::string &text) {
    const TempDir folder;
    const std::string path = folder / "file.gz";
    gzFile file = ::gzopen(path.c_str(), "wb");
    ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    ::gzclose(file);
    return read_file(path);
}

std::string many_lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += "line " + std::to_string(i * 7919) + "\n";
    return text;
}

class TextFileTest : public testing::Test {
protected:
    TextFile open(const std::string &content) {
        write_file(folder_ / "file", content);
        return TextFile(folder_ / "file");
    }
    static std::vector<std::string> lines(TextFile &file) {
        std::vector<std::string> all;
        while (const auto line = file.next())
            all.emplace_back(*line);
        return all;
    }

    TempDir folder_;
};

TEST_F(TextFileTest, GivesLines) {
    TextFile file = open("one\n\nthree\n");
    EXPECT_EQ(lines(file), (std::vector<std::string>{"one", "", "three"}));
    EXPECT_EQ(file.damage(), "");
    EXPECT_EQ(file.size(), 11u);
}

TEST_F(TextFileTest, UnpacksWhatGzipPacked) {
    const std::string text = many_lines(100'000);
    TextFile file = open(compressed(text));
    const auto first = lines(file);
    EXPECT_EQ(first.size(), 100'000u);
    EXPECT_EQ(first.back(), "line 791892081");
    EXPECT_EQ(file.damage(), "");
    file.rewind();
    EXPECT_EQ(lines(file), first);
}

TEST_F(TextFileTest, SaysThatCompressedDataIsCut) {
    const std::string whole = compressed(many_lines(100'000));
    TextFile file = open(whole.substr(0, whole.size() / 2));
    EXPECT_GT(lines(file).size(), 1000u);
    EXPECT_NE(file.damage().find("has no end"), std::string::npos) << file.damage();
    file.rewind();
    EXPECT_GT(lines(file).size(), 1000u);
    EXPECT_NE(file.damage(), "");
}

TEST_F(TextFileTest, SaysThatCompressedDataIsDamaged) {
    std::string content = compressed(many_lines(100'000));
    content.replace(content.size() / 2, 100, 100, 'x');
    TextFile file = open(content);
    lines(file);
    EXPECT_NE(file.damage(), "");
}

TEST_F(TextFileTest, LeavesOutHalfALineAtTheEnd) {
    TextFile file = open("one\nsession closed for user al");
    EXPECT_EQ(lines(file), std::vector<std::string>{"one"});
    EXPECT_NE(file.damage().find("session closed for user al"), std::string::npos) << file.damage();
}

TEST_F(TextFileTest, CutsAnEndlessLine) {
    TextFile file = open("one\n" + std::string(3'000'000, 'x') + "\nthree\n");
    const auto found = lines(file);
    ASSERT_EQ(found.size(), 3u);
    EXPECT_LE(found[1].size(), 65'536u);
    EXPECT_EQ(found[2], "three");
}

TEST_F(TextFileTest, RefusesOtherCompressions) {
    EXPECT_THROW(open(std::string("\xfd"
                                  "7zXZ\0rest",
                                  10)),
                 Error);
    EXPECT_THROW(open("\x28\xb5\x2f\xfdrest"), Error);
    EXPECT_THROW(TextFile(folder_ / "none"), Error);
    EXPECT_THROW(TextFile{folder_.path()}, Error);
}

} // namespace
} // namespace iptracking
