# SPDX-License-Identifier: GPL-2.0-or-later
"""Sessions that stay open, while iptracking-sampler looks at them."""
import fcntl
import os
import signal
import struct
import subprocess
import termios
import unittest

import both
import connections
import machine
import sessions
from connections import COUNTERS
from logins import no_session_left
from machine import FIFO, SERVICE, output, run, systemctl, wait_until

SAMPLER = 'iptracking-sampler.service'
SIZE = 100_000


class Session:
    """That of a client which sends back what it is given, so that nothing moves but by move()."""

    def __init__(self, test):
        self.client = subprocess.Popen([*sessions.ssh('127.0.0.1', 22), 'cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        test.addCleanup(self.end)
        self.move()
        self.port = int(self.connection().rsplit(':', 1)[1])

    @staticmethod
    def connection():
        return output('ss', '-tnHO', 'sport = :22')

    def move(self):
        self.client.stdin.write(bytes(SIZE))
        self.client.stdin.flush()
        assert len(self.client.stdout.read(SIZE)) == SIZE

    def end(self):
        self.client.communicate()
        wait_until(no_session_left, 30, 'the end of the session')
        # A process of sshd that lost its monitor is nobody's child.
        wait_until(lambda: not self.connection(), what='the end of the connection')


class Sampled:
    def setUp(self):
        self.database = both.use(self.DRIVER)

    def sample(self):
        systemctl('start', SAMPLER)
        self.database.wait_for_all()

    def traffic(self, session):
        """The view's row."""
        self.database.wait_for_all()
        row, = self.database.query(f'SELECT * FROM session_traffic WHERE src_port = {session.port} ORDER BY id DESC LIMIT 1')
        return row

    def samples(self, row):
        return [tuple(sample[name] for name in COUNTERS) for sample in
                self.database.query(f'SELECT * FROM sample WHERE open_id = {row["id"]} ORDER BY log_date')]

    def assert_is_seen(self, session, state, counters):
        row = self.traffic(session)
        self.assertEqual((row['state'], tuple(row[name] for name in COUNTERS)), (state, counters))
        return row

    def test_an_open_session_has_moved_what_ss_says(self):
        session, seen = Session(self), []
        for _ in range(2):
            session.move()
            self.sample()
            seen.append(connections.counters_now(session.port))
            row = self.assert_is_seen(session, 'open', seen[-1])
        self.assertEqual(self.samples(row), seen)
        session.end()
        self.assertEqual(self.traffic(session)['state'], 'closed')
        self.assertGreater(self.traffic(session)['rx_bytes'], seen[-1][0])

    def test_a_session_whose_end_nobody_saw_keeps_its_last_sample_and_is_gone(self):
        session = Session(self)
        self.sample()
        counters = connections.counters_now(session.port)
        row = self.assert_is_seen(session, 'open', counters)
        os.kill(row['sshd_pid'], signal.SIGKILL)
        session.end()
        self.assert_is_seen(session, 'open', counters)
        self.sample()
        self.assert_is_seen(session, 'gone', counters)
        self.assertEqual(self.samples(row), [counters])

    def test_a_session_that_ended_has_no_further_samples(self):
        session = Session(self)
        self.sample()
        session.end()
        self.sample()
        self.assertEqual(len(self.samples(self.traffic(session))), 1)


class InSqlite(Sampled, unittest.TestCase):
    DRIVER = 'sqlite3'


class InPostgresql(Sampled, unittest.TestCase):
    DRIVER = 'postgresql'


class Pipe(unittest.TestCase):
    def setUp(self):
        both.use('sqlite3').wait_for_all()
        systemctl('kill', '--signal=STOP', SERVICE)
        self.addCleanup(machine.forget_stall)
        self.addCleanup(systemctl, 'kill', '--signal=CONT', SERVICE)
        self.pipe = os.open(FIFO, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, self.pipe)
        self.session = Session(self)

    def waiting(self):
        """Bytes in the pipe."""
        return struct.unpack('i', fcntl.ioctl(self.pipe, termios.FIONREAD, bytes(4)))[0]

    def test_the_sampler_takes_no_room_in_a_pipe_that_is_half_full(self):
        systemctl('start', SAMPLER)
        self.assertGreater(self.waiting(), 0)
        half = fcntl.fcntl(self.pipe, fcntl.F_GETPIPE_SZ) // 2
        while self.waiting() <= half:
            machine.write_line(f'event=auth user=filler service=test rhost={"x" * 1000}')
        before = self.waiting()
        self.assertNotEqual(systemctl('start', SAMPLER, check=False).returncode, 0)
        self.assertEqual(self.waiting(), before)
        run('journalctl', '--sync')
        self.assertIn('half of the pipe is in use', output('journalctl', '--output=cat', '-u', SAMPLER))


class Timer(unittest.TestCase):
    def test_it_is_off_until_somebody_wants_it(self):
        self.assertEqual(output('systemctl', 'is-enabled', 'iptracking-sampler.timer'), 'disabled')
