// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/auth_info.h"
#include "fuzz.h"
#include "line/format.h"

#include <algorithm>
#include <charconv>

using namespace iptracking;
using fuzz::must;

namespace {

bool is_fingerprint(std::string_view text) {
    constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return text.size() == 50 && text.starts_with("SHA256:") && text.find_first_not_of(base64, 7) == text.npos;
}

bool is_method(std::string_view text) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@";
    return !text.empty() && text.size() <= 64 && text.find_first_not_of(plain) == text.npos;
}

/// Each word of a list between commas; an empty one has none.
template <class Check> bool are_all(std::string_view list, Check check) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        if (!check(list.substr(0, comma)) || comma == list.size() - 1)
            return false;
        list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    }
    return true;
}

void check_alone(const AuthInfo &info) {
    must(info.method.size() <= line::max_text && are_all(info.method, is_method), "methods are a list of words");
    must(info.key.size() <= line::max_text && are_all(info.key, is_fingerprint), "keys are a list of fingerprints");
    std::uint64_t serial = 0;
    const char *const end = info.cert_serial.data() + info.cert_serial.size();
    const auto read = std::from_chars(info.cert_serial.data(), end, serial);
    must(info.cert_serial.empty() || (read.ec == std::errc{} && read.ptr == end), "a serial is a number of 64 bits");
    must(info.cert_ca.empty() || is_fingerprint(info.cert_ca), "the key of a CA is a fingerprint");
    must(info.cert_ca.empty() || !info.key.empty(), "a certificate has a key");
    must(info.cert_id.size() < line::max_size, "an id is no longer than a line");
}

/// The list goes on, or is the same.
bool is_begin_of(const std::string &begin, const std::string &list) {
    return begin.empty() || begin == list || list.starts_with(begin + ",");
}

void check_cut(const AuthInfo &cut, const AuthInfo &whole) {
    must(is_begin_of(cut.method, whole.method), "a method that was cut is none");
    must(is_begin_of(cut.key, whole.key), "a key that was cut has no fingerprint");
    must(cut.cert_id.empty() || cut.cert_id == whole.cert_id, "an id that was cut is none");
    must(cut.cert_serial.empty() || cut.cert_serial == whole.cert_serial, "a serial that was cut is none");
    must(cut.cert_ca.empty() || cut.cert_ca == whole.cert_ca, "a CA's key that was cut has no fingerprint");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view typed = fuzz::text_of(data, size);
    const AuthInfo whole = read_auth_info(typed);
    check_alone(whole);
    // At places that depend on the input, so that it can be found again.
    std::size_t cut = size;
    for (int i = 0; i < 8 && cut > 0; ++i) {
        cut = (cut * 7 + data[cut - 1]) % (cut + 1) * 15 / 16;
        const AuthInfo less = read_auth_info(typed.substr(0, cut));
        check_alone(less);
        check_cut(less, whole);
    }
    return 0;
}
