// SPDX-License-Identifier: GPL-2.0-or-later
#include "event/stored_text.h"

#include "base/utf8.h"
#include "line/format.h"

#include <algorithm>

namespace iptracking {
namespace {

void append_escaped(std::string &out, unsigned char byte) {
    out += {'\\', 'x', line::hex_digits[byte >> 4], line::hex_digits[byte & 15]};
}

/// The byte that the \xHH stands for that the value begins with; -1: it begins with none.
int escaped_byte(std::string_view value) noexcept {
    if (value.size() < 4 || value[0] != '\\' || value[1] != 'x')
        return -1;
    const int high = line::hex_value(value[2]), low = line::hex_value(value[3]);
    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

} // namespace

std::string typed_text(std::string_view value) {
    std::string raw;
    raw.reserve(value.size());
    while (!value.empty()) {
        const int escaped = escaped_byte(value);
        raw += escaped >= 0 ? static_cast<char>(escaped) : value[0];
        value.remove_prefix(escaped >= 0 ? 4 : 1);
    }
    return raw;
}

void append_stored_text(std::string &out, std::string_view value, TextForm form) {
    const auto as_it_is = [](char c) { return c >= ' ' && c <= '~' && c != '\\'; };
    if (std::all_of(value.begin(), value.end(), as_it_is)) {
        out += value;
        return;
    }
    const std::string typed = form == TextForm::escaped ? typed_text(value) : std::string(value);
    for (std::string_view rest = typed; !rest.empty();) {
        const std::size_t size = rest[0] == '\\' ? 0 : size_of_character(rest);
        if (size == 0)
            append_escaped(out, static_cast<unsigned char>(rest[0]));
        else
            out += rest.substr(0, size);
        rest.remove_prefix(std::max<std::size_t>(size, 1));
    }
}

std::size_t size_of_typed(std::string_view value, std::size_t count, TextForm form) noexcept {
    if (value.size() <= count || form == TextForm::typed)
        return std::min(value.size(), count);
    std::size_t size = 0;
    while (count-- > 0 && size < value.size())
        size += escaped_byte(value.substr(size)) >= 0 ? 4u : 1u;
    return size;
}

} // namespace iptracking
