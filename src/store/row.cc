// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/row.h"

#include "auth/auth_info.h"
#include "event/stored_text.h"
#include "line/format.h"

#include <algorithm>
#include <charconv>
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

int flag_of_cut(Text which) noexcept {
    if (which == Text::user)
        return flag::cut_user;
    return which < Text::auth_info ? flag::cut_other : flag::cut_auth_info;
}

/// As a database would take it for a number of 64 bits.
bool is_serial(std::string_view text) noexcept {
    std::uint64_t serial = 0;
    const char *const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, serial);
    return read.ec == std::errc{} && read.ptr == end;
}

} // namespace

void RowReader::read(const Event &event) {
    event_ = &event;
    flags_ = event.flags & flag::stored;
    read_texts(Text::user, Text::auth_info);
    if (event.flags & flag::empty_user)
        values_[static_cast<std::size_t>(Text::user)] = {empty_user_text, true};
    if (StoredValue &host = values_[static_cast<std::size_t>(Text::host)]; !host.present)
        host = {name_of_this_machine(), true};
    const auto is_there = [](TextPlace place) { return place.offset != 0; };
    const bool has_auth = std::any_of(event.texts.begin() + plain_texts, event.texts.end(), is_there);
    if (has_auth)
        read_auth();
    else if (has_auth_)
        std::fill(std::begin(values_) + plain_texts, std::end(values_), StoredValue{});
    has_auth_ = has_auth;
}

/// From one up to another.
void RowReader::read_texts(Text begin, Text end) {
    const TextForm form = event_->flags & flag::typed_texts ? TextForm::typed : TextForm::escaped;
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        const auto which = static_cast<Text>(i);
        std::string_view value = batch_.text(*event_, which);
        // A source should have done so: what is longer would not fit into an index of PostgreSQL.
        if (const std::size_t fits = size_of_typed(value, line::max_text, form); fits < value.size()) {
            value = value.substr(0, fits);
            flags_ |= flag_of_cut(which);
        }
        buffers_[i].clear();
        append_stored_text(buffers_[i], value, form);
        values_[i] = {buffers_[i], value.data() != nullptr};
    }
}

/// How the session was opened: auth_info, or what was made of it before.
void RowReader::read_auth() {
    const std::string_view value = batch_.text(*event_, Text::auth_info);
    if (value.data() == nullptr) {
        read_texts(Text::auth_method, Text::count_);
        for (std::size_t i = plain_texts; i < std::size(values_); ++i)
            values_[i].present = !values_[i].text.empty();
        if (StoredValue &serial = values_[static_cast<std::size_t>(Text::cert_serial)]; !is_serial(serial.text))
            serial = {};
        return;
    }
    std::string typed = typed_text(value);
    if (!(event_->flags & flag::cut_auth_info) && !typed.ends_with('\n')) // a source that leaves out the last one
        typed += '\n';
    const AuthInfo info = read_auth_info(typed);
    set_text(Text::auth_method, info.method);
    set_text(Text::auth_key, info.key);
    set_text(Text::cert_id, info.cert_id);
    set_text(Text::cert_serial, info.cert_serial);
    set_text(Text::cert_ca, info.cert_ca);
}

/// One that is not known where it is empty.
void RowReader::set_text(Text which, std::string_view typed) {
    const auto i = static_cast<std::size_t>(which);
    buffers_[i].clear();
    append_stored_text(buffers_[i], typed.substr(0, line::max_text), TextForm::typed);
    values_[i] = {buffers_[i], !typed.empty()};
    if (typed.size() > line::max_text)
        flags_ |= flag::cut_auth_info;
}

std::optional<std::int64_t> RowReader::counter(Counter which) const noexcept {
    const std::string_view digits = batch_.counter(*event_, which);
    std::int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return digits.empty() ? std::nullopt : std::optional{number};
}

CounterValues RowReader::counters() const noexcept {
    CounterValues counters;
    for (std::size_t i = 0; i < counters.size(); ++i)
        counters[i] = counter(static_cast<Counter>(i));
    return counters;
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
