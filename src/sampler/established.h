// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "tcp/connection.h"
#include "tcp/counters.h"

#include <cstdint>
#include <functional>

namespace iptracking {

/// Gives each established TCP connection to a port of this host, as the kernel lists them (sock_diag(7)).
void for_each_established(std::uint16_t port,
                          const std::function<void(const tcp::Connection &, const tcp::Counters &)> &take);

} // namespace iptracking
