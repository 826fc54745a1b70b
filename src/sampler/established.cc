// SPDX-License-Identifier: GPL-2.0-or-later
#include "sampler/established.h"

#include "base/error.h"
#include "base/unique_fd.h"
#include "tcp/sock_diag.h"
#include "tcp/states.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

namespace iptracking {
namespace {

constexpr char asking[] = "cannot ask the kernel for its connections";

using Take = std::function<void(const tcp::Connection &, const tcp::Counters &)>;

struct Request {
    nlmsghdr header{};
    inet_diag_req_v2 wanted{};
};

Request request_for(int family, std::uint16_t port) {
    Request request;
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.wanted.sdiag_family = static_cast<__u8>(family);
    request.wanted.sdiag_protocol = IPPROTO_TCP;
    request.wanted.idiag_ext = 1 << (INET_DIAG_INFO - 1);
    request.wanted.idiag_states = 1U << tcp::established;
    request.wanted.id.idiag_sport = htons(port);
    return request;
}

[[noreturn]] void throw_answered(const char *message, std::size_t size) {
    nlmsgerr error{};
    if (size >= sizeof(nlmsghdr) + sizeof(error.error))
        std::memcpy(&error.error, message + sizeof(nlmsghdr), sizeof(error.error));
    throw_errno(error.error < 0 ? -error.error : EIO, asking);
}

/// The messages of one answer; false: the last has come.
bool take_messages(const char *message, std::size_t size, const Take &take) {
    nlmsghdr header;
    for (std::size_t length = 0; size >= sizeof(header); message += length, size -= length) {
        std::memcpy(&header, message, sizeof(header));
        if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > size)
            break;
        if (header.nlmsg_type == NLMSG_DONE)
            return false;
        if (header.nlmsg_type == NLMSG_ERROR)
            throw_answered(message, header.nlmsg_len);
        tcp::Socket socket;
        tcp::Connection connection;
        if (tcp::read_socket(message, header.nlmsg_len, socket) && socket.has_counters &&
            tcp::read_connection(message, header.nlmsg_len, connection))
            take(connection, socket.counters);
        length = std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), size);
    }
    return true;
}

void dump(int family, std::uint16_t port, const Take &take) {
    const UniqueFd kernel(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    const Request request = request_for(family, port);
    if (!kernel || ::send(kernel.get(), &request, sizeof(request), 0) < 0)
        throw_errno(errno, asking);
    char answer[32768]; // as much as the kernel gives at once
    for (;;) {
        const ssize_t size = ::recv(kernel.get(), answer, sizeof(answer), 0);
        if (size < 0)
            throw_errno(errno, asking);
        if (!take_messages(answer, static_cast<std::size_t>(size), take))
            return;
    }
}

} // namespace

void for_each_established(std::uint16_t port, const Take &take) {
    dump(AF_INET, port, take);
    dump(AF_INET6, port, take); // and IPv4 to a listener of both
}

} // namespace iptracking
