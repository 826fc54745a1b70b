// SPDX-License-Identifier: GPL-2.0-or-later
#include "tcp/counters.h"

#include "tcp/states.h"

#include <linux/tcp.h>

namespace iptracking::tcp {
namespace {

/// Of two counters that may be read while the kernel counts; what they hold is less than 2^63 for centuries.
long long difference(unsigned long long all, unsigned long long some) {
    return all > some ? static_cast<long long>(all - some) : 0;
}

} // namespace

bool has_received_fin(unsigned state) {
    return state == close_wait || state == last_ack || state == closing;
}

Counters read_counters(const tcp_info &info, size_t size, bool fin) {
    const auto is_there = [size](size_t offset, size_t member_size) { return offset + member_size <= size; };
    Counters counters;
    if (is_there(offsetof(tcp_info, tcpi_bytes_received), sizeof(info.tcpi_bytes_received)))
        counters.rx_bytes = difference(info.tcpi_bytes_received, fin ? 1 : 0); // a FIN is counted as a byte
    if (is_there(offsetof(tcp_info, tcpi_bytes_retrans), sizeof(info.tcpi_bytes_retrans)))
        counters.tx_bytes = difference(info.tcpi_bytes_sent, info.tcpi_bytes_retrans);
    if (is_there(offsetof(tcp_info, tcpi_segs_in), sizeof(info.tcpi_segs_in))) {
        counters.rx_packets = info.tcpi_segs_in;
        counters.tx_packets = info.tcpi_segs_out;
    }
    return counters;
}

} // namespace iptracking::tcp
