// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/ssh_connection.h"

#include <net/if.h>
#include <string.h>

namespace iptracking {
namespace {

bool parse_port(const char *text, size_t size, unsigned &port) {
    if (size == 0 || size > 5)
        return false;
    port = 0;
    for (size_t i = 0; i < size; ++i) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return port <= 65535;
}

} // namespace

bool parse_ssh_connection(const char *text, tcp::Connection &connection) {
    const char *words[4];
    size_t sizes[4];
    for (size_t i = 0; i < 4; ++i) {
        words[i] = text;
        sizes[i] = strcspn(text, " ");
        text += sizes[i];
        if ((*text == ' ') != (i < 3))
            return false;
        text += *text == ' ';
    }
    return tcp::parse_address(words[0], sizes[0], connection.client) &&
           parse_port(words[1], sizes[1], connection.client_port) &&
           tcp::parse_address(words[2], sizes[2], connection.server) &&
           parse_port(words[3], sizes[3], connection.server_port);
}

unsigned interface_of(const char *ssh_connection) {
    const size_t address_size = strcspn(ssh_connection, "% ");
    if (ssh_connection[address_size] != '%')
        return 0;
    const char *zone = ssh_connection + address_size + 1;
    const size_t size = strcspn(zone, " ");
    char name[IF_NAMESIZE];
    if (size >= sizeof(name))
        return 0;
    memcpy(name, zone, size);
    name[size] = '\0';
    return if_nametoindex(name);
}

} // namespace iptracking
