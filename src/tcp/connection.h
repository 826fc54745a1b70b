// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tcp/address.h"

namespace iptracking::tcp {

/// A TCP connection to this host.
struct Connection {
    Address client, server;
    unsigned client_port = 0, server_port = 0; ///< in host byte order
    unsigned interface = 0;                    ///< of a link-local connection; 0: none
};

} // namespace iptracking::tcp
