// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Stored text (event/stored_text.h) holds no control characters, but whatever else Unicode knows: marks that turn the
/// direction of writing, characters that nobody sees.  Here it is made fit to be read.
namespace iptracking {

struct Character {
    std::int32_t code = -1; ///< of Unicode; -1: a byte that is no valid UTF-8
    std::size_t size = 1;   ///< in bytes
};

/// What the text, which is not empty, begins with.
Character first_character(std::string_view text) noexcept;
/// Whether a reader sees it: not so the categories Cc, Cf, Cn, Co, Cs, Zl, Zp, and of Zs all but the blank.
bool shows_itself(std::int32_t code) noexcept;

/// Appends the text with every character that does not show itself, or is one mark too many on another, as \u{202e},
/// and every byte that is no valid UTF-8 as \xHH.  Stored text holds no other \u{, so it can be undone.
void append_safe_text(std::string &out, std::string_view text);

/// The same for a terminal, where what the locale cannot print is escaped, too.  Needs setlocale(LC_CTYPE, "").
std::string terminal_text(std::string_view text);

/// terminal_text() as one word: what is not there is "-" and the empty text is "", so texts that look like those two
/// are escaped.
std::string terminal_word(std::string_view text);

/// The text with each blank as \x20: a word that can stand between others.
std::string without_blanks(std::string_view text);

/// How many columns terminal_text() takes on a terminal.
std::size_t columns_of(std::string_view terminal_text) noexcept;

/// The text if it fits, else as much of it as does, with a mark behind.
std::string cut_to_columns(const std::string &terminal_text, std::size_t columns);

/// Whether the locale can print what is not ASCII.
bool locale_is_utf8() noexcept;

} // namespace iptracking
