// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/found_event.h"

#include "event/stored_text.h"
#include "line/format.h"

namespace iptracking {
namespace {

constexpr std::pair<Origin, std::string_view> names[] = {
    {Origin::live, ""},     {Origin::refused, "refused"}, {Origin::journal, "journal"}, {Origin::btmp, "btmp"},
    {Origin::wtmp, "wtmp"}, {Origin::wtmpdb, "wtmpdb"},   {Origin::text, "text"},
};

} // namespace

std::string_view name_of(Origin origin) noexcept {
    for (const auto &[known, name] : names)
        if (known == origin)
            return name;
    return "";
}

std::optional<Origin> origin_of(std::string_view text) noexcept {
    for (const auto &[origin, name] : names)
        if (name == text)
            return origin;
    return std::nullopt;
}

void FoundEvent::set_user(std::string_view typed, std::size_t most) {
    if (typed.empty()) {
        flags |= flag::empty_user;
        text(Text::user) = empty_user_text;
        return;
    }
    if (most != 0 && typed.size() >= most)
        flags |= flag::cut_user;
    set_text(Text::user, typed);
}

void FoundEvent::set_text(Text which, std::string_view typed) {
    if (typed.size() > line::max_text) {
        typed = typed.substr(0, line::max_text);
        flags |= which == Text::user ? flag::cut_user : flag::cut_other;
    }
    std::string stored;
    append_stored_text(stored, typed, TextForm::typed);
    text(which) = std::move(stored);
}

} // namespace iptracking
