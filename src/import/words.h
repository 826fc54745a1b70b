// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <charconv>
#include <string_view>

/// Reading lines word by word, from either end.
namespace iptracking::words {

inline bool drop_prefix(std::string_view &text, std::string_view prefix) noexcept {
    const bool there = text.starts_with(prefix);
    if (there)
        text.remove_prefix(prefix.size());
    return there;
}

inline bool drop_suffix(std::string_view &text, std::string_view suffix) noexcept {
    const bool there = text.ends_with(suffix);
    if (there)
        text.remove_suffix(suffix.size());
    return there;
}

/// The text up to the first blank; the blank goes too.
inline std::string_view take_first(std::string_view &text) noexcept {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text = end == text.npos ? text.substr(text.size()) : text.substr(end + 1);
    return word;
}

/// The text behind the last blank; the blank goes too.
inline std::string_view take_last(std::string_view &text) noexcept {
    const std::size_t begin = text.rfind(' ');
    const std::string_view word = begin == text.npos ? text : text.substr(begin + 1);
    text = begin == text.npos ? text.substr(0, 0) : text.substr(0, begin);
    return word;
}

/// The whole text is a number, and fits.
template <class Number> bool read_number(std::string_view text, Number &number) noexcept {
    Number read{};
    const char *const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, read);
    if (error != std::errc{} || stop != end || text.starts_with('-'))
        return false;
    number = read;
    return true;
}

inline bool is_number(std::string_view text) noexcept {
    unsigned long long number = 0;
    return read_number(text, number);
}

} // namespace iptracking::words
