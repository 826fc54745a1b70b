// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <netinet/in.h>
#include <stddef.h>

namespace iptracking::tcp {

/// An address without the zone of a link-local one.
struct Address {
    char text[INET6_ADDRSTRLEN];
    unsigned char binary[16]; ///< IPv4 mapped, ::ffff:a.b.c.d
};

/// As inet_pton(3) takes it; a zone behind it is passed over.
bool parse_address(const char *text, size_t size, Address &address);

/// What the kernel says, 4 bytes of AF_INET or 16 of AF_INET6; a mapped one becomes the text of the IPv4 address.
bool take_address(int family, const void *bytes, Address &address);

bool is_same(const Address &one, const Address &other);
bool is_v4(const Address &address);

} // namespace iptracking::tcp
