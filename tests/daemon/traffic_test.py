# SPDX-License-Identifier: GPL-2.0-or-later
"""What the callback says of a connection: whose it is, and what the kernel counted."""
import os
import socket
import struct
import subprocess
import sys
import threading
import unittest

from network import SERVER, Network
from programs import CALLBACK, Programs, wait_until

COUNTERS = ('rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets')
NO_WAIT = struct.pack('ii', 1, 0)   # close(2) resets
CLOSED = 7
SENDER = """if True:
    import socket, struct, sys, time
    listener = socket.create_server(('', 2222))
    print('listens')
    end, (address, port) = listener.accept()
    end.recv(5, socket.MSG_WAITALL)
    print(address, port)
    input()
    end.sendall(bytes(3000))
    while struct.unpack_from('I', end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0] == 0:   # tcpi_total_retrans
        time.sleep(0.01)
    print('sent again')
    sys.stdin.read()
"""
TAKER = """if True:
    import socket, sys
    end = socket.create_connection((sys.argv[1], 2222))
    end.sendall(b'hello')
    end.recv(3000, socket.MSG_WAITALL)
    print('all')
    sys.stdin.read()
"""
LINK_LOCAL = """if True:
    import socket, subprocess, sys
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    subprocess.run(['ip', 'address', 'add', 'fe80::7/64', 'dev', 'lo', 'nodad'], check=True)
    listener = socket.create_server(('::', 0), family=socket.AF_INET6)
    port = listener.getsockname()[1]
    client = socket.create_connection(('fe80::7%lo', port))
    accepted = listener.accept()[0]
    client.sendall(b'hello')
    accepted.recv(5, socket.MSG_WAITALL)
    command, pam = [sys.argv[1], '-p', sys.argv[2]], {'PAM_SERVICE': 'ftp', 'PAM_USER': 'a', 'PAM_TYPE': 'auth'}
    ends = f'fe80::7%lo {client.getsockname()[1]} fe80::7%lo {port}'
    subprocess.run(command, env={'SSH_CONNECTION': ends, **pam}, check=True)
    subprocess.run(command, env=pam, check=True)
"""


def state_of(end):
    return end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]


def plain(address):
    return address.removeprefix('::ffff:')


class Connection:
    """Over loopback; we hold both ends."""

    def __init__(self, test, client='127.0.0.1', listen=None):
        family = socket.AF_INET6 if ':' in (listen or client) else socket.AF_INET
        self.listener = socket.create_server((listen or client, 0), family=family, dualstack_ipv6=listen is not None)
        self.client = socket.create_connection((client, self.listener.getsockname()[1]))
        self.accepted = self.listener.accept()[0]
        for end in self.listener, self.client, self.accepted:
            test.addCleanup(end.close)
        (source, source_port, *_), (target, target_port, *_) = self.accepted.getpeername(), self.accepted.getsockname()
        self.ends = {'src': plain(source), 'sport': str(source_port), 'dst': plain(target), 'dport': str(target_port)}
        self.ssh_connection = ' '.join(self.ends.values())

    def carry(self, up, down):
        for sender, receiver, size in ((self.client, self.accepted, up), (self.accepted, self.client, down)):
            sending = threading.Thread(target=sender.sendall, args=(bytes(size),))
            sending.start()
            while size:
                size -= len(receiver.recv(min(size, 1 << 16)))
            sending.join()

    def reset(self):
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_WAIT)
        self.client.close()
        wait_until(lambda: state_of(self.accepted) == CLOSED, what='the reset')


class Traffic(Programs):
    def setUp(self):
        super().setUp()
        self.fifo = self.folder / 'fifo'
        os.mkfifo(self.fifo)
        self.reader = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, self.reader)

    def read_line(self):
        return dict(word.split('=', 1) for word in os.read(self.reader, 65536).decode().split()[1:])

    def line(self, *options, **pam):
        """As pam_exec runs it, PAM_TYPE last."""
        variables = {'PAM_SERVICE': 'ftp', 'PAM_USER': 'somebody', **pam, 'PAM_TYPE': 'auth'}
        status = subprocess.run([CALLBACK, '-p', self.fifo, *options], env=variables, check=False).returncode
        self.assertEqual(status, 0)
        return self.read_line()

    def assertBytes(self, line, up, down):
        self.assertEqual((line.get('rx_bytes'), line.get('tx_bytes')), (str(up), str(down)))
        self.assertGreater(int(line['rx_packets']), 1)
        self.assertIn('tx_packets', line)

    def assertUnknown(self, line, *keys):
        self.assertEqual({key: line[key] for key in keys if key in line}, {})

    def assertHeld(self, line, connection):
        self.assertEqual({key: line.get(key) for key in connection.ends}, connection.ends)


class OfSsh(Traffic):
    def test_the_payload_is_counted_to_the_byte(self):
        for client, listen in (('127.0.0.1', None), ('::1', None), ('127.0.0.1', '::')):
            with self.subTest(client, listen=listen):
                connection = Connection(self, client, listen)
                self.assertEqual(self.line(SSH_CONNECTION=connection.ssh_connection)['rx_bytes'], '0')
                connection.carry(1234567, 7654321)
                line = self.line(SSH_CONNECTION=connection.ssh_connection)
                self.assertBytes(line, 1234567, 7654321)
                self.assertHeld(line, connection)

    def test_the_end_of_a_side_is_no_byte(self):
        connection = Connection(self)
        connection.carry(1000, 2000)
        connection.client.shutdown(socket.SHUT_WR)
        self.assertEqual(connection.accepted.recv(1), b'')
        self.assertBytes(self.line(SSH_CONNECTION=connection.ssh_connection), 1000, 2000)
        connection.accepted.shutdown(socket.SHUT_WR)
        self.assertEqual(connection.client.recv(1), b'')
        wait_until(lambda: state_of(connection.accepted) == CLOSED, what='the last ACK')
        self.assertBytes(self.line(SSH_CONNECTION=connection.ssh_connection), 1000, 2000)

    def test_a_connection_that_was_reset_is_counted_through_who_holds_it(self):
        for fin in (False, True):
            with self.subTest(fin=fin):
                connection = Connection(self)
                connection.carry(1000, 2000)
                if fin:
                    connection.client.shutdown(socket.SHUT_WR)
                    self.assertEqual(connection.accepted.recv(1), b'')
                connection.reset()
                self.assertBytes(self.line(SSH_CONNECTION=connection.ssh_connection), 1000, 2000)

    def test_a_connection_that_is_over_has_no_counters_of_the_listener(self):
        connection = Connection(self)
        connection.reset()
        connection.accepted.close()
        line = self.line(SSH_CONNECTION=connection.ssh_connection)
        self.assertHeld(line, connection)
        self.assertUnknown(line, *COUNTERS)

    def test_what_is_sent_again_is_counted_once(self):
        try:
            network = Network()
        except (RuntimeError, OSError) as error:
            self.skipTest(str(error))
        self.addCleanup(network.close)
        server = self.program(network, 'server', SENDER)
        self.assertEqual(server.stdout.readline(), 'listens\n')
        client = self.program(network, 'client', TAKER, SERVER)
        source, port = server.stdout.readline().split()
        network.cut()
        server.stdin.write('send\n')
        self.assertEqual(server.stdout.readline(), 'sent again\n')
        network.mend()
        self.assertEqual(client.stdout.readline(), 'all\n')
        subprocess.run([*network.inside('server'), CALLBACK, '-p', self.fifo], check=True, env={
            'PAM_TYPE': 'auth', 'SSH_CONNECTION': f'{source} {port} {SERVER} 2222'})
        self.assertBytes(self.read_line(), 5, 3000)

    def program(self, network, where, *words):
        """Python in one of its namespaces, until its input ends."""
        process = subprocess.Popen([*network.inside(where), sys.executable, '-uc', *words], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, bufsize=1, text=True)
        self.addCleanup(process.communicate)
        return process

    def test_the_interface_of_a_link_local_address_is_told_to_the_kernel_alone(self):
        if subprocess.run(['unshare', '--net', 'true'], check=False, capture_output=True).returncode != 0:
            self.skipTest('no right to make a network')
        subprocess.run(['unshare', '--net', sys.executable, '-c', LINK_LOCAL, CALLBACK, self.fifo], check=True)
        lines = os.read(self.reader, 65536).decode().splitlines()
        self.assertEqual(len(lines), 2)     # with SSH_CONNECTION, and without it
        for line in lines:
            self.assertEqual(line.count(' src=fe80::7 '), 1)
            self.assertEqual(line.count(' rx_bytes=5 '), 1, line)

    def test_it_can_be_turned_off(self):
        connection = Connection(self)
        line = self.line('--no-traffic', SSH_CONNECTION=connection.ssh_connection)
        self.assertHeld(line, connection)
        self.assertUnknown(line, *COUNTERS)
        self.assertUnknown(self.line('-T'), 'src', *COUNTERS)


@unittest.skipUnless(os.geteuid() == 0, 'only root may look at the descriptors of others')
class OfOthers(Traffic):
    def test_an_accepted_connection_is_that_of_its_process(self):
        for client, listen in (('127.0.0.1', None), ('::1', None), ('127.0.0.1', '::')):
            with self.subTest(client, listen=listen):
                connection = Connection(self, client, listen)
                connection.carry(10, 20)
                for pam in ({}, {'PAM_RHOST': connection.ends['src'], 'PAM_RUSER': 'somebody', 'PAM_TTY': 'ftp'},
                            {'PAM_RHOST': 'a.name.example'}):
                    line = self.line(**pam)
                    self.assertHeld(line, connection)
                    self.assertBytes(line, 10, 20)
                connection.accepted.close()

    def test_that_of_another_remote_host_is_not_taken(self):
        Connection(self)
        line = self.line(PAM_RHOST='192.0.2.9')
        self.assertEqual(line['src'], '192.0.2.9')
        self.assertUnknown(line, 'sport', *COUNTERS)

    def test_a_local_service_has_no_client(self):
        Connection(self)
        for pam in ({'PAM_TTY': '/dev/pts/0'}, {'PAM_TTY': 'tty1'}, {'PAM_TTY': ':0'}, {'PAM_TTY': 'cron'}, {'PAM_RUSER': 'alice'}):
            with self.subTest(pam):
                self.assertUnknown(self.line(**pam), 'src', *COUNTERS)

    def test_a_connection_that_the_process_made_is_not_taken(self):
        connection = Connection(self)
        connection.accepted.close()
        self.assertUnknown(self.line(), 'src', *COUNTERS)

    def test_of_two_connections_none_is_taken(self):
        Connection(self)
        Connection(self)
        self.assertUnknown(self.line(), 'src', *COUNTERS)

    def test_a_connection_on_the_standard_input_needs_no_listener(self):
        connection = Connection(self)
        connection.listener.close()
        command = ['/bin/sh', '-c', '"$0" -p "$1"; exit $?', CALLBACK, self.fifo]
        for stdin, taken in ((connection.accepted, True), (subprocess.DEVNULL, False)):
            with self.subTest(taken=taken):
                subprocess.run(command, stdin=stdin, pass_fds=[connection.accepted.fileno()], check=True,
                               env={'PAM_SERVICE': 'ftp', 'PAM_USER': 'a', 'PAM_TYPE': 'auth'})
                self.assertEqual('sport' in self.read_line(), taken)

    def test_a_program_that_a_user_started_does_not_choose_it(self):
        connection = Connection(self)
        child = os.fork()
        if child == 0:
            os.setresuid(1, 0, 0)   # as of a setuid program
            os._exit(subprocess.run([CALLBACK, '-p', self.fifo], check=False, env={
                'PAM_SERVICE': 'helper', 'PAM_USER': 'a', 'PAM_TYPE': 'auth'}).returncode)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.assertUnknown(self.read_line(), 'src')
        self.assertHeld(self.line(), connection)
