# SPDX-License-Identifier: GPL-2.0-or-later
"""The sampler: what it tells of open connections, and that logins come first."""
import fcntl
import os
import shutil
import socket
import subprocess
import time
import unittest

from programs import BUILD, Programs, bytes_in

SAMPLER = BUILD / 'src/sampler/iptracking-sampler'
KEYS = ['event', 'time', 'src', 'sport', 'dst', 'dport', 'rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets']


def read_line(line):
    magic, *words = line.split(' ')
    assert magic == 'iptracking/1', line
    return dict(word.split('=', 1) for word in words)


class Sampler(Programs):
    def connections(self, *clients):
        """To one port of both families: the port, and both ends of each."""
        listener = socket.create_server(('::', 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.addCleanup(listener.close)
        port, pairs = listener.getsockname()[1], []
        for client in clients:
            pairs.append((socket.create_connection((client, port)), listener.accept()[0]))
            for end in pairs[-1]:
                self.addCleanup(end.close)
        return port, pairs

    def sample(self, *ports, program=SAMPLER, **how):
        options = [word for port in ports for word in ('--port', str(port))]
        return subprocess.run([program, *options], check=False, text=True, stderr=subprocess.PIPE, **{'stdout': subprocess.PIPE, **how})

    def lines(self, *ports, **how):
        done = self.sample(*ports, **how)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return [read_line(line) for line in done.stdout.splitlines()]

    def pipe(self, size):
        """A pipe, of which we hold the end to read."""
        reader, writer = os.pipe()
        for end in reader, writer:
            self.addCleanup(os.close, end)
        self.assertEqual(fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, size), size)
        return reader, writer

    def assertStopped(self, done, why):
        self.assertEqual(done.returncode, 1)
        self.assertIn(why, done.stderr)


class Samples(Sampler):
    def test_it_tells_of_each_connection_to_its_ports_and_then_that_these_were_all(self):
        clients = ('127.0.0.1', '::1', '127.0.0.1')
        port, pairs = self.connections(*clients)
        other, _ = self.connections('::1')
        for up, (client, accepted) in enumerate(pairs, 1):
            client.sendall(bytes(up))
            accepted.recv(up, socket.MSG_WAITALL)
            accepted.sendall(b'answer')
            client.recv(6, socket.MSG_WAITALL)
        began = time.time_ns() // 1000
        lines = self.lines(port, other)
        self.assertEqual({line['event'] for line in lines}, {'sample'})
        self.assertEqual(len({line['time'] for line in lines}), 1)
        self.assertTrue(began <= int(lines[0]['time']) <= time.time_ns() // 1000)
        own = [line for line in lines if line['dport'] == str(port)]
        self.assertEqual([list(line) for line in own], [KEYS] * 3 + [['event', 'time', 'dport']])
        self.assertEqual(sorted((line['src'], line['sport'], line['dst'], line['rx_bytes'], line['tx_bytes']) for line in own[:-1]),
                         sorted((address, str(client.getsockname()[1]), address, str(up), '6')
                                for up, (address, (client, _)) in enumerate(zip(clients, pairs), 1)))
        self.assertEqual([len(line) for line in lines if line['dport'] == str(other)], [len(KEYS), 3])

    def test_a_connection_whose_client_has_gone_is_none(self):
        port, ((client, _),) = self.connections('127.0.0.1')
        client.close()
        self.assertEqual(len(self.lines(port)), 1)

    def test_the_port_of_ssh_is_sampled_where_none_is_named(self):
        self.assertEqual(self.lines()[-1]['dport'], '22')

    @unittest.skipUnless(os.geteuid() == 0, 'only root can become another')
    def test_anybody_may_ask(self):
        port, _ = self.connections('127.0.0.1')
        self.folder.chmod(0o755)
        program = shutil.copy(SAMPLER, self.folder)     # where anybody can reach it
        self.assertEqual(len(self.lines(port, program=program, user=65534, group=65534, extra_groups=[])), 2)

    def test_wrong_options_have_a_status_of_their_own(self):
        for options in (['--nonsense'], ['-p', '0'], ['-p', '65536'], ['-p', 'ssh'], ['-p', '22x'], ['-p', ''], ['-p'], ['22']):
            with self.subTest(options):
                done = subprocess.run([SAMPLER, *options], capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stdout), (2, ''))
                self.assertRegex(done.stderr, r"\Aiptracking-sampler: .*--help'\n\Z")
        for option, words in (('-V', 'iptracking-sampler '), ('-h', 'usage: iptracking-sampler')):
            done = subprocess.run([SAMPLER, option], capture_output=True, text=True, check=True)
            self.assertTrue(done.stdout.startswith(words))


class Pipe(Sampler):
    def test_it_takes_no_more_than_half_of_it(self):
        port, _ = self.connections(*['127.0.0.1'] * 40)
        reader, writer = self.pipe(4096)
        self.assertStopped(self.sample(port, stdout=writer), 'half of the pipe')
        self.assertLessEqual(bytes_in(reader), 2048)
        lines = [read_line(line) for line in os.read(reader, 4096).decode().splitlines()]
        self.assertGreater(len(lines), 5)
        self.assertEqual({len(line) for line in lines}, {len(KEYS)})    # none says that these were all

    def test_it_leaves_the_half_that_others_use_alone(self):
        port, _ = self.connections('127.0.0.1')
        reader, writer = self.pipe(65536)
        os.write(writer, bytes(32768))
        self.assertStopped(self.sample(port, stdout=writer), 'half of the pipe')
        self.assertEqual(bytes_in(reader), 32768)

    def test_it_does_not_wait_where_the_pipe_has_no_room_for_another_reason(self):
        reader, writer = os.pipe2(os.O_DIRECT)          # no write shares a page with another
        for end in reader, writer:
            self.addCleanup(os.close, end)
        os.set_blocking(writer, False)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(writer, b'x')
        os.set_blocking(writer, True)
        self.assertStopped(self.sample(stdout=writer, timeout=20), 'cannot write a line')

    def test_a_pipe_that_nobody_reads_is_a_failure(self):
        reader, writer = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, writer)
        self.assertStopped(self.sample(stdout=writer), 'cannot write a line')
