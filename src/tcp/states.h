// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace iptracking::tcp {

/// The kernel's numbers, which stand in no header that goes with <linux/tcp.h>.
enum State : unsigned {
    established = 1,
    closed = 7, ///< by a reset, where somebody still holds the socket
    close_wait = 8,
    last_ack = 9,
    listening = 10,
    closing = 11,
};

} // namespace iptracking::tcp
