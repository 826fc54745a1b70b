// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

/// Stored text: how a stranger's text stands in every store.  Valid UTF-8 as it is, but control characters, the
/// backslash and every byte that is not valid UTF-8 as \xHH.  So it can be undone without loss, a database takes
/// it, and it never holds a newline.
namespace iptracking {

/// What an empty user name is stored as, together with flag::empty_user.
inline constexpr std::string_view empty_user_text = "<<EMPTY>>";

enum class TextForm {
    escaped, ///< as in an iptracking/1 line; a backslash that begins no \xHH stands for itself
    typed,   ///< as in the comma form: every byte stands for itself
};

/// Appends the stored text of a value that stands in a line.
void append_stored_text(std::string &out, std::string_view value, TextForm form);

/// The bytes that were typed: undoes each \xHH.
std::string typed_text(std::string_view stored);

/// How many bytes of the value stand for the first `count` bytes that were typed.
std::size_t size_of_typed(std::string_view value, std::size_t count, TextForm form) noexcept;

} // namespace iptracking
