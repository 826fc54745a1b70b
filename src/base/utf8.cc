// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/utf8.h"

#include <utf8proc.h>

namespace iptracking {

std::size_t size_of_character(std::string_view text) noexcept {
    utf8proc_int32_t code = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t *>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &code);
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    return size > 0 && !control ? static_cast<std::size_t>(size) : 0;
}

} // namespace iptracking
