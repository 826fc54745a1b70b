// SPDX-License-Identifier: GPL-2.0-or-later
#include "tcp/words.h"

namespace iptracking::tcp {
namespace {

void append_known(LineBuffer &line, const char *word, long long number) {
    if (number < 0)
        return;
    line.append(word);
    line.append_number(static_cast<unsigned long long>(number));
}

} // namespace

void append_connection(LineBuffer &line, const Connection &connection) {
    line.append(" src=");
    line.append(connection.client.text);
    line.append(" sport=");
    line.append_number(connection.client_port);
    line.append(" dst=");
    line.append(connection.server.text);
    line.append(" dport=");
    line.append_number(connection.server_port);
}

void append_counters(LineBuffer &line, const Counters &counters) {
    append_known(line, " rx_bytes=", counters.rx_bytes);
    append_known(line, " tx_bytes=", counters.tx_bytes);
    append_known(line, " rx_packets=", counters.rx_packets);
    append_known(line, " tx_packets=", counters.tx_packets);
}

} // namespace iptracking::tcp
