// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/auth_info.h"

#include "auth/ssh_key.h"
#include "line/format.h"

#include <algorithm>

namespace iptracking {
namespace {

constexpr int most_steps = 16;
constexpr std::size_t longest_method = 64;

/// A word, and whether something stands behind it: else it was perhaps cut.
struct Word {
    std::string_view text;
    bool is_whole = false;
};

/// Takes what stands in front of the separator, and it.
Word take_word(std::string_view &text, char separator) noexcept {
    const std::size_t end = text.find(separator);
    const Word word{text.substr(0, end), end != text.npos};
    text.remove_prefix(word.is_whole ? end + 1 : text.size());
    return word;
}

bool is_method(std::string_view name) noexcept {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto is_plain = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '@';
    };
    return !name.empty() && name.size() <= longest_method && is_letter(name[0]) &&
           std::all_of(name.begin(), name.end(), is_plain);
}

/// If there is room for it.
void append(std::string &list, std::string_view word) {
    if (list.size() + 1 + word.size() <= line::max_text)
        list.append(list.empty() ? "" : ",").append(word);
}

/// "ssh-ed25519 AAAA…", and perhaps more behind it.
void read_key(std::string_view text, bool is_whole, AuthInfo &info) {
    const std::string_view type = take_word(text, ' ').text;
    const Word encoded = take_word(text, ' ');
    const SshKey key = read_ssh_key(type, encoded.text, encoded.is_whole || is_whole);
    if (key.fingerprint.empty())
        return;
    append(info.key, key.fingerprint);
    if (!key.is_certificate || !info.cert_serial.empty() || !info.cert_id.empty())
        return;
    info.cert_id = key.cert_id;
    info.cert_serial = key.cert_serial;
    info.cert_ca = key.cert_ca;
}

/// "method/submethod key", or what else the method tells.  (keyboard-interactive alone has a submethod, of PAM.)
void read_step(std::string_view step, bool is_whole, AuthInfo &info) {
    const Word word = take_word(step, ' ');
    std::string_view method = word.text;
    const Word name = take_word(method, '/');
    if (!is_method(name.text) || !(name.is_whole || word.is_whole || is_whole))
        return;
    append(info.method, name.text);
    read_key(step, is_whole, info);
}

} // namespace

AuthInfo read_auth_info(std::string_view typed) {
    AuthInfo info;
    typed = typed.substr(0, line::max_size); // no line has more
    for (int step = 0; step < most_steps && !typed.empty(); ++step) {
        const Word line = take_word(typed, '\n');
        read_step(line.text, line.is_whole, info);
    }
    return info;
}

} // namespace iptracking
