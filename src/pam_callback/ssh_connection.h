// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tcp/connection.h"

namespace iptracking {

/// "client-address client-port server-address server-port", as sshd sets SSH_CONNECTION (ssh(1)).  The interface is
/// left out.
bool parse_ssh_connection(const char *text, tcp::Connection &connection);

/// Of a link-local address, from its zone, "fe80::7%eth0"; 0: there is none.
unsigned interface_of(const char *ssh_connection);

} // namespace iptracking
