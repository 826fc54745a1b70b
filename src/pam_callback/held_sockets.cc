// SPDX-License-Identifier: GPL-2.0-or-later
#include "pam_callback/held_sockets.h"

#include "pam_callback/proc_file.h"
#include "tcp/sock_diag.h"
#include "tcp/states.h"

#include <errno.h>
#include <linux/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace iptracking {
namespace {

/// A descriptor that is closed at the end.
class Fd {
public:
    explicit Fd(long fd) : fd_(static_cast<int>(fd)) {}
    ~Fd() {
        if (fd_ >= 0)
            close(fd_);
    }
    Fd(const Fd &) = delete;
    Fd &operator=(const Fd &) = delete;
    int get() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }

private:
    int fd_;
};

/// As getdents64(2) writes it.
struct Entry {
    uint64_t inode;
    int64_t next;
    unsigned short size;
    unsigned char type;
    char name[1];
};

bool is_socket(int folder, const char *name) {
    static const char beginning[] = "socket:";
    char target[sizeof(beginning) - 1];
    return readlinkat(folder, name, target, sizeof(target)) == static_cast<ssize_t>(sizeof(target)) &&
           memcmp(target, beginning, sizeof(target)) == 0;
}

bool is_tcp(int socket) {
    int protocol = 0;
    socklen_t size = sizeof(protocol);
    return getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == IPPROTO_TCP;
}

/// Calls visit(socket, number) with each TCP socket of the process until that gives false.  Of a process with very many
/// descriptors (170) only the first are seen: it is none that serves one client.
template <typename Visit> void visit_tcp_sockets(pid_t process, Visit visit) {
    const Fd folder(open_proc(process, "/fd", O_RDONLY | O_DIRECTORY));
    const Fd handle(syscall(SYS_pidfd_open, process, 0));
    if (!folder.is_open() || !handle.is_open())
        return;
    alignas(Entry) char entries[4096];
    const long size = syscall(SYS_getdents64, folder.get(), entries, sizeof(entries));
    for (long at = 0; at < size;) {
        const auto *entry = reinterpret_cast<const Entry *>(entries + at);
        const char *name = entries + at + offsetof(Entry, name);
        at += entry->size;
        if (!is_socket(folder.get(), name))
            continue;
        const int number = static_cast<int>(strtol(name, nullptr, 10));
        const Fd socket(syscall(SYS_pidfd_getfd, handle.get(), number, 0));
        if (!socket.is_open())
            return; // it is not allowed
        if (is_tcp(socket.get()) && !visit(socket.get(), number))
            return;
    }
}

bool read_end(const sockaddr_storage &end, tcp::Address &address, unsigned &port, unsigned &interface) {
    if (end.ss_family == AF_INET) {
        const auto &v4 = reinterpret_cast<const sockaddr_in &>(end);
        port = ntohs(v4.sin_port);
        return tcp::take_address(AF_INET, &v4.sin_addr, address);
    }
    const auto &v6 = reinterpret_cast<const sockaddr_in6 &>(end);
    port = ntohs(v6.sin6_port);
    interface = v6.sin6_scope_id;
    return tcp::take_address(end.ss_family, &v6.sin6_addr, address);
}

bool read_server(int socket, tcp::Connection &connection) {
    sockaddr_storage end;
    socklen_t size = sizeof(end);
    return getsockname(socket, reinterpret_cast<sockaddr *>(&end), &size) == 0 &&
           read_end(end, connection.server, connection.server_port, connection.interface);
}

/// A listener has no client.
bool read_client(int socket, tcp::Connection &connection) {
    sockaddr_storage end;
    socklen_t size = sizeof(end);
    return getpeername(socket, reinterpret_cast<sockaddr *>(&end), &size) == 0 &&
           read_end(end, connection.client, connection.client_port, connection.interface);
}

/// A look-up that fits no connection finds the listener of the port.
bool has_listener(tcp::Connection connection) {
    connection.client_port = 0;
    tcp::Socket found;
    return tcp::look_up(connection, found) && found.state == tcp::listening;
}

bool is_same(const tcp::Connection &one, const tcp::Connection &other) {
    return one.client_port == other.client_port && one.server_port == other.server_port &&
           tcp::is_same(one.client, other.client) && tcp::is_same(one.server, other.server);
}

/// Who called a setuid program is its real user; such a program gives us the rights of its effective one.
bool is_started_by_user(pid_t process) {
    char status[1024];
    read_proc(process, "/status", status);
    const char *uids = strstr(status, "\nUid:\t");
    return !uids || strtoul(uids + 6, nullptr, 10) != geteuid();
}

/// Whether its client had ended its side before it reset the connection.  Nothing but this tells, with EIO.
bool has_read_fin(int socket) {
    tcp_zerocopy_receive nothing;
    memset(&nothing, 0, sizeof(nothing));
    socklen_t size =
        offsetof(tcp_zerocopy_receive, recv_skip_hint); // with the members behind it it takes the error away
    return getsockopt(socket, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &nothing, &size) < 0 && errno == EIO;
}

} // namespace

bool find_incoming(pid_t process, tcp::Connection &connection) {
    if (is_started_by_user(process))
        return false;
    int found = 0;
    visit_tcp_sockets(process, [&](int socket, int number) {
        tcp::Connection held;
        if (!read_client(socket, held) || !read_server(socket, held) || (found > 0 && is_same(held, connection)))
            return true;
        // A service of inetd has it as its standard input, and may outlive the listener.
        if (number != STDIN_FILENO && !has_listener(held))
            return true;
        connection = held;
        return ++found < 2;
    });
    return found == 1;
}

bool read_reset_counters(pid_t process, const tcp::Connection &connection, tcp::Counters &counters) {
    int found = 0;
    ino_t inode = 0;
    visit_tcp_sockets(process, [&](int socket, int) {
        struct stat status;
        if (fstat(socket, &status) < 0 || (found > 0 && status.st_ino == inode))
            return true;
        tcp::Connection held; // without its client, whom the kernel does not tell any more
        if (!read_server(socket, held) || held.server_port != connection.server_port ||
            !tcp::is_same(held.server, connection.server))
            return true;
        tcp_info info;
        socklen_t size = sizeof(info);
        if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 || info.tcpi_state != tcp::closed)
            return true;
        counters = tcp::read_counters(info, size, has_read_fin(socket));
        inode = status.st_ino;
        return ++found < 2;
    });
    return found == 1;
}

} // namespace iptracking
