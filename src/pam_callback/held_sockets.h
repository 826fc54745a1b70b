// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tcp/connection.h"
#include "tcp/counters.h"

#include <sys/types.h>

/// The sockets that another process holds, by duplicates of its descriptors.  The kernel gives those to root (and to
/// nobody where a container forbids pidfd_getfd(2)); all of this fails without a word.
namespace iptracking {

/// The one connection that came to this process from elsewhere.  Connections that it has made itself, to a database or
/// a name server, do not count: their port here has no listener.  False: there is none, or more than one; or a user has
/// started the process (a setuid program), and so chose its sockets.
bool find_incoming(pid_t process, tcp::Connection &connection);

/// What was counted of a connection that its client has reset: the kernel finds it only through who still holds it.
bool read_reset_counters(pid_t process, const tcp::Connection &connection, tcp::Counters &counters);

} // namespace iptracking
