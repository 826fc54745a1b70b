// SPDX-License-Identifier: GPL-2.0-or-later
#include "tcp/address.h"

#include <arpa/inet.h>
#include <string.h>

namespace iptracking::tcp {
namespace {

constexpr unsigned char v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

} // namespace

bool parse_address(const char *text, size_t size, Address &address) {
    const void *zone = memchr(text, '%', size);
    if (zone)
        size = static_cast<size_t>(static_cast<const char *>(zone) - text);
    if (size == 0 || size >= sizeof(address.text))
        return false;
    memcpy(address.text, text, size);
    address.text[size] = '\0';
    memcpy(address.binary, v4_prefix, sizeof(v4_prefix));
    return inet_pton(AF_INET, address.text, address.binary + sizeof(v4_prefix)) == 1 ||
           inet_pton(AF_INET6, address.text, address.binary) == 1;
}

bool take_address(int family, const void *bytes, Address &address) {
    if (family == AF_INET) {
        memcpy(address.binary, v4_prefix, sizeof(v4_prefix));
        memcpy(address.binary + sizeof(v4_prefix), bytes, 4);
    } else if (family == AF_INET6) {
        memcpy(address.binary, bytes, sizeof(address.binary));
    } else {
        return false;
    }
    if (is_v4(address))
        return inet_ntop(AF_INET, address.binary + sizeof(v4_prefix), address.text, sizeof(address.text));
    return inet_ntop(AF_INET6, address.binary, address.text, sizeof(address.text));
}

bool is_same(const Address &one, const Address &other) {
    return memcmp(one.binary, other.binary, sizeof(one.binary)) == 0;
}

bool is_v4(const Address &address) {
    return memcmp(address.binary, v4_prefix, sizeof(v4_prefix)) == 0;
}

} // namespace iptracking::tcp
