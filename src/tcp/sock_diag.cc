// SPDX-License-Identifier: GPL-2.0-or-later
#include "tcp/sock_diag.h"

#include "tcp/states.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace iptracking::tcp {
namespace {

struct Request {
    nlmsghdr header;
    inet_diag_req_v2 wanted;
};

void put_address(const Address &address, int family, __be32 (&into)[4]) {
    if (family == AF_INET)
        memcpy(into, address.binary + 12, 4);
    else
        memcpy(into, address.binary, 16);
}

Request request_for(const Connection &connection) {
    Request request;
    memset(&request, 0, sizeof(request));
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST;
    inet_diag_req_v2 &wanted = request.wanted;
    const int family = is_v4(connection.server) ? AF_INET : AF_INET6; // finds mapped sockets of AF_INET6 too
    wanted.sdiag_family = static_cast<__u8>(family);
    wanted.sdiag_protocol = IPPROTO_TCP;
    wanted.idiag_ext = 1 << (INET_DIAG_INFO - 1);
    wanted.id.idiag_sport = htons(static_cast<uint16_t>(connection.server_port));
    wanted.id.idiag_dport = htons(static_cast<uint16_t>(connection.client_port));
    put_address(connection.server, family, wanted.id.idiag_src);
    put_address(connection.client, family, wanted.id.idiag_dst);
    wanted.id.idiag_if = connection.interface;
    wanted.id.idiag_cookie[0] = wanted.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    return request;
}

constexpr size_t head_size = sizeof(nlmsghdr) + sizeof(inet_diag_msg);

bool read_head(const char *message, size_t size, inet_diag_msg &found) {
    nlmsghdr header;
    if (size < head_size)
        return false;
    memcpy(&header, message, sizeof(header));
    memcpy(&found, message + sizeof(header), sizeof(found));
    return header.nlmsg_type == SOCK_DIAG_BY_FAMILY;
}

constexpr size_t aligned(size_t size) {
    return (size + 3) & ~size_t{3};
}

/// The attribute of all that an answer ends with.
bool find_info(const char *attributes, size_t size, Counters &counters) {
    nlattr head;
    for (size_t at = 0; at + sizeof(head) <= size; at += aligned(head.nla_len)) {
        memcpy(&head, attributes + at, sizeof(head));
        if (head.nla_len < sizeof(head) || head.nla_len > size - at)
            return false;
        if (head.nla_type != INET_DIAG_INFO)
            continue;
        tcp_info info;
        memset(&info, 0, sizeof(info));
        const size_t there = head.nla_len - sizeof(head), taken = there < sizeof(info) ? there : sizeof(info);
        memcpy(&info, attributes + at + sizeof(head), taken);
        counters = read_counters(info, taken, has_received_fin(info.tcpi_state));
        return true;
    }
    return false;
}

} // namespace

bool read_socket(const char *message, size_t size, Socket &socket) {
    inet_diag_msg found;
    if (!read_head(message, size, found))
        return false;
    socket.state = found.idiag_state;
    socket.has_counters = find_info(message + head_size, size - head_size, socket.counters);
    return true;
}

bool read_connection(const char *message, size_t size, Connection &connection) {
    inet_diag_msg found;
    if (!read_head(message, size, found))
        return false;
    connection.client_port = ntohs(found.id.idiag_dport);
    connection.server_port = ntohs(found.id.idiag_sport);
    connection.interface = found.id.idiag_if;
    return take_address(found.idiag_family, found.id.idiag_dst, connection.client) &&
           take_address(found.idiag_family, found.id.idiag_src, connection.server);
}

bool look_up(const Connection &connection, Socket &socket) {
    const int kernel = ::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (kernel < 0)
        return false;
    const Request request = request_for(connection);
    char answer[1024]; // of which 400 are used in Linux 6.18
    // The kernel has answered when send(2) returns.
    const ssize_t size = send(kernel, &request, sizeof(request), 0) < 0 ? -1 : recv(kernel, answer, sizeof(answer), 0);
    close(kernel);
    return size > 0 && read_socket(answer, static_cast<size_t>(size), socket);
}

bool read_counters(const Connection &connection, Counters &counters) {
    Socket found;
    if (!look_up(connection, found) || found.state == listening || !found.has_counters)
        return false;
    counters = found.counters;
    return true;
}

} // namespace iptracking::tcp
