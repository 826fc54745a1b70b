// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// The columns of a row that a target reads, in this order; behind them KnownRow::texts.
namespace iptracking::row_column {

enum RowColumn : int {
    id,
    log_date,
    log_event,
    outcome,
    src_ipaddr,
    src_port,
    dst_ipaddr,
    dst_port,
    sshd_pid,
    flags,
    origin,
    texts
};

} // namespace iptracking::row_column
