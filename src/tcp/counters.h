// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>

struct tcp_info;

namespace iptracking::tcp {

/// What the kernel counted since the connection began; -1: it does not count that.  The bytes are those of the payload,
/// each once: no SYN, no FIN, nothing that was sent again.
struct Counters {
    long long rx_bytes = -1, tx_bytes = -1; ///< received from the client, sent to it
    long long rx_packets = -1, tx_packets = -1;
};

/// `size`: how much of tcp_info the kernel filled in; an older one has less.  `fin`: the client has sent its FIN.
Counters read_counters(const tcp_info &info, size_t size, bool fin);

/// Whether a FIN came, while the socket is in this state.
bool has_received_fin(unsigned state);

} // namespace iptracking::tcp
