// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/stored_text.h"

#include "line/format.h"
#include "stored_text_rules.h"

#include <cstdio>
#include <gtest/gtest.h>
#include <random>

namespace iptracking {
namespace {

using test::is_stored_text;
using test::undo;
using namespace std::string_literals;

std::string stored(std::string_view typed) {
    std::string out;
    append_stored_text(out, typed, TextForm::typed);
    return out;
}

std::string stored_of_line(std::string_view value) {
    std::string out;
    append_stored_text(out, value, TextForm::escaped);
    return out;
}

std::string as_hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        char hex[5];
        std::snprintf(hex, sizeof(hex), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        text += hex;
    }
    return text;
}

/// As a source writes a value of a line.
std::string escaped_for_line(std::string_view bytes) {
    std::string text;
    for (const char c : bytes)
        text += line::is_plain(static_cast<unsigned char>(c)) ? std::string(1, c) : as_hex({&c, 1});
    return text;
}

TEST(StoredText, KeepsPrintableAsciiAndWritesEveryOtherSingleByteAsHex) {
    for (int i = 0; i < 256; ++i) {
        const std::string byte(1, static_cast<char>(i));
        const bool as_it_is = i >= 0x20 && i <= 0x7e && i != '\\';
        EXPECT_EQ(stored(byte), as_it_is ? byte : as_hex(byte)) << i;
        EXPECT_EQ(stored_of_line(byte), as_it_is ? byte : as_hex(byte)) << i;
        EXPECT_EQ(stored_of_line(as_hex(byte)), as_it_is ? byte : as_hex(byte)) << i;
    }
}

TEST(StoredText, KeepsTheFirstAndTheLastCharacterOfEachSizeOfUtf8) {
    for (const std::string &text :
         {"\u00a0"s, "\u07ff"s, "\u0800"s, "\ud7ff"s, "\ue000"s, "\ufffd"s, "\U00010000"s, "\U0010ffff"s})
        EXPECT_EQ(stored(text), text);
}

TEST(StoredText, KeepsMarksThatTurnTheDirectionOfWriting) {
    EXPECT_EQ(stored("a\u202eb"), "a\u202eb");
}

TEST(StoredText, WritesTheControlCharactersOfC1AsTheirTwoBytes) {
    EXPECT_EQ(stored("\u0080"), "\\xc2\\x80");
    EXPECT_EQ(stored("\u0085"), "\\xc2\\x85");
    EXPECT_EQ(stored("\u009b"), "\\xc2\\x9b");
    EXPECT_EQ(stored("\u009f"), "\\xc2\\x9f");
}

TEST(StoredText, WritesEachByteOfAnOverlongFormAsHex) {
    for (const std::string &text : {"\xc0\x80"s, "\xc0\xaf"s, "\xc1\xbf"s, "\xe0\x80\x8a"s, "\xe0\x9f\xbf"s,
                                    "\xf0\x80\x80\x8a"s, "\xf0\x8f\xbf\xbf"s})
        EXPECT_EQ(stored(text), as_hex(text));
}

TEST(StoredText, WritesSurrogatesAndWhatIsBeyondUnicodeAsHex) {
    for (const std::string &text :
         {"\xed\xa0\x80"s, "\xed\xaf\xbf"s, "\xed\xb0\x80"s, "\xed\xbf\xbf"s, "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s,
          "\xf8\x88\x80\x80\x80"s, "\xfe"s, "\xff"s})
        EXPECT_EQ(stored(text), as_hex(text));
}

TEST(StoredText, WritesACharacterThatIsCutOffAsHexAndGoesOnBehindIt) {
    EXPECT_EQ(stored("\xc3"), "\\xc3");
    EXPECT_EQ(stored("\xe2\x82x"), "\\xe2\\x82x");
    EXPECT_EQ(stored("\xf0\x9f\x98\xc3\xa9"), "\\xf0\\x9f\\x98\u00e9");
    EXPECT_EQ(stored("\x80\u00e9"), "\\x80\u00e9");
}

TEST(StoredText, NeverHoldsANewline) {
    EXPECT_EQ(stored("a\nb\r\n"), "a\\x0ab\\x0d\\x0a");
}

TEST(StoredText, WritesABackslashAsHexSoThatATypedEscapeStaysWhatWasTyped) {
    EXPECT_EQ(stored("\\x41"), "\\x5cx41");
    EXPECT_EQ(undo(stored("\\x41")), "\\x41");
}

TEST(StoredText, OfALineTakesHexInBothCases) {
    EXPECT_EQ(stored_of_line("\\x4A\\x4a"), "JJ");
    EXPECT_EQ(stored_of_line("\\xC3\\xa9"), "\u00e9");
}

TEST(StoredText, OfALineJoinsEscapedAndRawBytesToOneCharacter) {
    EXPECT_EQ(stored_of_line("\\xc3\xa9"), "\u00e9");
}

TEST(StoredText, OfALineTakesABackslashThatBeginsNoHexForItself) {
    EXPECT_EQ(stored_of_line("a\\b"), "a\\x5cb");
    EXPECT_EQ(stored_of_line("\\x4"), "\\x5cx4");
    EXPECT_EQ(stored_of_line("\\xg0"), "\\x5cxg0");
    EXPECT_EQ(stored_of_line("\\x0g"), "\\x5cx0g");
    EXPECT_EQ(stored_of_line("\\X41"), "\\x5cX41");
    EXPECT_EQ(stored_of_line("\\"), "\\x5c");
}

TEST(StoredText, OfALineUndoesAnEscapeOnlyOnce) {
    EXPECT_EQ(stored_of_line("\\x5cx41"), "\\x5cx41");
}

TEST(StoredText, IsAppended) {
    std::string out = "before ";
    append_stored_text(out, "x", TextForm::typed);
    append_stored_text(out, "\n", TextForm::typed);
    EXPECT_EQ(out, "before x\\x0a");
}

TEST(StoredText, CanBeUndoneToTheSameBytesWhateverTheyAre) {
    static const std::string pieces[] = {"\\",         "x41",  "\n",       "\u00e9",   "\u202e",
                                         "\U0001f600", "\xc2", "\xed\xa0", "<<EMPTY>>"};
    std::mt19937 random(20261121);
    const auto below = [&](unsigned limit) { return random() % limit; };
    for (int round = 0; round < 20000; ++round) {
        std::string typed;
        for (unsigned parts = below(12); parts > 0; --parts) {
            if (below(3) == 0)
                typed += pieces[below(std::size(pieces))];
            else
                typed += static_cast<char>(below(256));
        }
        const std::string text = stored(typed);
        EXPECT_TRUE(is_stored_text(text)) << as_hex(typed);
        EXPECT_EQ(undo(text), typed) << as_hex(typed);
        EXPECT_EQ(stored_of_line(escaped_for_line(typed)), text) << as_hex(typed);
    }
}

TEST(StoredText, KeepsAllThatIsValid) {
    std::mt19937 random(4);
    for (int round = 0; round < 5000; ++round) {
        std::string typed;
        for (int i = 0; i < 8; ++i)
            typed += static_cast<char>(random() % 256);
        std::string expected;
        for (std::string_view rest = typed; !rest.empty();) {
            const std::size_t size = std::max<std::size_t>(test::utf8_size(rest), 1);
            const std::string_view character = rest.substr(0, size);
            expected += is_stored_text(character) ? std::string(character) : as_hex(character);
            rest.remove_prefix(size);
        }
        EXPECT_EQ(stored(typed), expected) << as_hex(typed);
    }
}

} // namespace
} // namespace iptracking
