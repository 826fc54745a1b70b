// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/safe_text.h"

#include "line/format.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <cwchar>
#include <iterator>
#include <langinfo.h>
#include <utf8proc.h>
#include <utility>

namespace iptracking {
namespace {

bool is_plain_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void append_escaped(std::string &out, const Character &character, unsigned char byte) {
    char escape[16];
    if (character.code < 0)
        std::snprintf(escape, sizeof(escape), "\\x%02x", static_cast<unsigned>(byte));
    else
        std::snprintf(escape, sizeof(escape), "\\u{%x}", static_cast<unsigned>(character.code));
    out += escape;
}

bool is_mark(std::int32_t code) noexcept {
    const auto category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME;
}

/// Marks stand on the character before them: none at the begin, and no tower that covers other lines.
constexpr int most_marks = 4;

template <typename IsShown> void append_where(std::string &out, std::string_view text, const IsShown &is_shown) {
    int marks = most_marks;
    while (!text.empty()) {
        const Character first = first_character(text);
        marks = is_mark(first.code) ? marks + 1 : 0;
        if (first.code >= 0 && marks <= most_marks && is_shown(first.code))
            out += text.substr(0, first.size);
        else
            append_escaped(out, first, static_cast<unsigned char>(text[0]));
        text.remove_prefix(first.size);
    }
}

/// wchar_t of the C library is the code.
int columns_of_code(std::int32_t code) noexcept {
    return ::wcwidth(static_cast<wchar_t>(code));
}

/// The text with each byte as \xHH.
std::string bytes_in_hex(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += {'\\', 'x', line::hex_digits[byte >> 4], line::hex_digits[byte & 15]};
    }
    return out;
}

} // namespace

Character first_character(std::string_view text) noexcept {
    Character first;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t *>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &first.code);
    if (size <= 0)
        return {};
    first.size = static_cast<std::size_t>(size);
    return first;
}

namespace {

/// Letters, marks and symbols that show nothing all the same: Default_Ignorable_Code_Point of Unicode, and a braille
/// pattern without dots.
bool is_blank(std::int32_t code) noexcept {
    constexpr std::pair<std::int32_t, std::int32_t> blanks[] = {{0x034f, 0x034f}, {0x115f, 0x1160}, {0x17b4, 0x17b5},
                                                                {0x180b, 0x180f}, {0x2800, 0x2800}, {0x3164, 0x3164},
                                                                {0xfe00, 0xfe0f}, {0xffa0, 0xffa0}, {0xe0100, 0xe01ef}};
    return std::any_of(std::begin(blanks), std::end(blanks),
                       [&](const auto &range) { return code >= range.first && code <= range.second; });
}

} // namespace

bool shows_itself(std::int32_t code) noexcept {
    if (is_blank(code))
        return false;
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    case UTF8PROC_CATEGORY_ZS:
        return code == ' ';
    default:
        return true;
    }
}

void append_safe_text(std::string &out, std::string_view text) {
    if (is_plain_ascii(text))
        out += text;
    else
        append_where(out, text, shows_itself);
}

std::string terminal_text(std::string_view text) {
    std::string out;
    if (is_plain_ascii(text))
        out = text;
    else
        append_where(out, text, [](std::int32_t code) { return shows_itself(code) && columns_of_code(code) >= 0; });
    return out;
}

std::string terminal_word(std::string_view text) {
    if (text.empty())
        return "\"\"";
    if (text == "-" || text == "\"\"")
        return bytes_in_hex(text);
    return without_blanks(terminal_text(text));
}

std::string without_blanks(std::string_view text) {
    std::string word;
    for (const char c : text) {
        if (c == ' ')
            word += "\\x20";
        else
            word += c;
    }
    return word;
}

std::size_t columns_of(std::string_view text) noexcept {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character first = first_character(text);
        columns += static_cast<std::size_t>(std::max(0, columns_of_code(first.code)));
        text.remove_prefix(first.size);
    }
    return columns;
}

std::string cut_to_columns(const std::string &text, std::size_t columns) {
    if (columns_of(text) <= columns)
        return text;
    const std::string mark = locale_is_utf8() ? "…" : ">";
    std::string_view rest = text;
    std::size_t taken = 1; // the mark
    while (!rest.empty()) {
        const Character first = first_character(rest);
        taken += static_cast<std::size_t>(std::max(0, columns_of_code(first.code)));
        if (taken > columns)
            break;
        rest.remove_prefix(first.size);
    }
    return text.substr(0, text.size() - rest.size()) + mark;
}

bool locale_is_utf8() noexcept {
    return std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
}

} // namespace iptracking
