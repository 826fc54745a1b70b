// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tcp/connection.h"
#include "tcp/counters.h"

#include <stddef.h>

/// Questions to the kernel about TCP sockets, sock_diag(7), which anybody may ask.
namespace iptracking::tcp {

/// A socket of this network namespace.
struct Socket {
    unsigned state = 0;
    bool has_counters = false; ///< a socket in TIME_WAIT has none, a listener those of nobody
    Counters counters;
};

/// One message of an answer; false: it is something else.
bool read_socket(const char *message, size_t size, Socket &socket);
bool read_connection(const char *message, size_t size, Connection &connection);

/// The socket that would get a packet of this connection: its own, or a listener.  Never waits; false: there is none,
/// or the kernel does not say.
bool look_up(const Connection &connection, Socket &socket);

/// What the kernel counted of this connection, while it is not over.
bool read_counters(const Connection &connection, Counters &counters);

} // namespace iptracking::tcp
