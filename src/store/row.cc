// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/row.h"

#include "event/stored_text.h"
#include "line/format.h"

#include <climits>
#include <unistd.h>

namespace iptracking {
namespace {

const std::string &name_of_this_machine() {
    static const std::string name = [] {
        char text[HOST_NAME_MAX + 1] = {};
        return ::gethostname(text, sizeof(text) - 1) == 0 ? std::string(text) : std::string("localhost");
    }();
    return name;
}

} // namespace

void RowReader::read(const Event &event) {
    flags_ = event.flags & flag::stored;
    const TextForm form = event.flags & flag::typed_texts ? TextForm::typed : TextForm::escaped;
    for (std::size_t i = 0; i < std::size(values_); ++i) {
        const auto which = static_cast<Text>(i);
        std::string_view value = batch_.text(event, which);
        // A source should have done so: what is longer would not fit into an index of PostgreSQL.
        if (const std::size_t fits = size_of_typed(value, line::max_text, form); fits < value.size()) {
            value = value.substr(0, fits);
            flags_ |= which == Text::user ? flag::cut_user : flag::cut_other;
        }
        buffers_[i].clear();
        append_stored_text(buffers_[i], value, form);
        values_[i] = {buffers_[i], value.data() != nullptr};
    }
    if (event.flags & flag::empty_user)
        values_[static_cast<std::size_t>(Text::user)] = {empty_user_text, true};
    if (StoredValue &host = values_[static_cast<std::size_t>(Text::host)]; !host.present)
        host = {name_of_this_machine(), true};
}

std::string first_half_of_v6(const IpAddress &address) {
    if (address.is_v4())
        return "";
    std::string text = "0000:0000:0000:0000";
    for (std::size_t i = 0; i < 8; ++i) {
        const std::size_t at = i * 2 + i / 2;
        text[at] = line::hex_digits[address.bytes[i] >> 4];
        text[at + 1] = line::hex_digits[address.bytes[i] & 15];
    }
    return text;
}

} // namespace iptracking
