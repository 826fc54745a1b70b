# SPDX-License-Identifier: GPL-2.0-or-later
"""How much a connection moved: what is stored equals what the kernel says of it without us."""
import functools
import ipaddress
import subprocess
import unittest

import both
import connections
import machine
import sessions
from connections import COUNTERS
from logins import no_session_left, ssh
from machine import run, wait_until
from sessions import SESSIONS, WAYS

RESET, FAILED = 'a reset', 'three wrong passwords'
NAMES = [*((session, way) for way in WAYS for session in SESSIONS), RESET, FAILED]
ENDED = NAMES[:-1]
# What ssh adds to the payload at most, in each direction: to log in and to end, and of what is moved.
# Files go in packets of 32 KiB; what comes from a pipe or a terminal in those that it happened to be read in.
LOGIN, SHARE, SHARES = 8192, 0.02, {'scp': 0.002, 'sftp': 0.002, 'interactive': 0.1}


def visit():
    for session, way in NAMES[:-2]:
        sessions.use(session, way)
    reset()
    ssh(passwords=['wrong', 'again', 'more'])


def reset():
    """The client's connection is gone: no look-up finds that of its sshd, and it sent no FIN."""
    with sessions.client(*sessions.ssh('127.0.0.1', 22), 'echo ready; sleep 100', stdout=subprocess.PIPE) as client:
        client.stdout.readline()
        run('ss', '--tcp', '--kill', 'state', 'established', 'dport = :22')
        client.wait(timeout=30)
        client.stdout.close()
    wait_until(no_session_left, 30, 'the end of the session')


@functools.cache
def visited():
    """The lines of it, and the last words of the kernel."""
    sessions.prepare()
    connections.read_at_each_phase()
    endings = connections.Endings(*{port for _, port in WAYS.values()})
    lines = machine.lines_of(visit)
    endings.wait_for(len(NAMES))
    return lines, endings


def setUpModule():
    visited()       # where this fails there is nothing to be tested


def counters(row):
    return tuple(row[name] for name in COUNTERS)


class Traffic:
    maxDiff = None

    def setUp(self):
        lines, self.endings = visited()
        found = {}
        for row in both.stored(self.DRIVER, lines):
            kinds = found.setdefault((row['src_ipaddr'], row['src_port'], row['dst_port']), {})
            kinds.setdefault(both.DATABASES[self.DRIVER].kind(row), []).append(row)
        self.assertEqual(len(found), len(NAMES), lines)
        self.connections = dict(zip(NAMES, found))
        self.rows = dict(zip(NAMES, found.values()))

    def for_each(self, names, check):
        for name in names:
            with self.subTest(name):
                check(name, self.rows[name])

    def at_end(self, name):
        row, = self.rows[name]['close_session']
        return counters(row)[:2]

    def test_a_session_has_moved_at_its_end_what_the_kernel_says_last(self):
        self.for_each(ENDED, lambda name, _: self.assertEqual(self.at_end(name), self.endings.bytes_of(*self.connections[name])))

    def test_at_each_phase_it_has_moved_what_ss_says(self):
        self.for_each(NAMES, lambda name, rows: [self.assert_is_as_read(name, kind, rows[kind]) for kind in rows])

    def assert_is_as_read(self, name, kind, rows):
        readings = connections.readings(*self.connections[name][:2], kind)
        if (name, kind) == (RESET, 'close_session'):
            self.assertEqual(readings, [])
            return
        self.assertEqual(len(readings), len(rows))
        for (before, after), row in zip(readings, rows):
            for least, stored, most in zip(before, counters(row), after):
                self.assertTrue(least <= stored <= most, (kind, before, counters(row), after))

    def test_it_is_the_payload_and_little_more(self):
        self.for_each(NAMES[:-2], self.assert_is_near_payload)

    def assert_is_near_payload(self, name, _):
        session, _ = name
        _, *payload = SESSIONS[session]
        share = SHARES.get(session.split()[0], SHARE)
        added = [moved - wanted for moved, wanted in zip(self.at_end(name), payload)]
        print(f'measured: {", ".join(name)}: ssh added {added[0]} bytes up and {added[1]} down', flush=True)
        self.assertGreater(min(added), 0)
        self.assertLess(max(added), LOGIN + share * sum(payload))

    def test_what_was_moved_before_authentication_is_there_and_grows(self):
        self.for_each(NAMES, self.assert_grows)

    def assert_grows(self, _, rows):
        found = [counters(row) for kind in rows for row in rows[kind]]
        self.assertEqual(len(found), 3)
        self.assertGreater(min(found[0][:2]), 1024)
        for numbers in zip(*found):
            self.assertEqual(list(numbers), sorted(numbers))
            self.assertLess(numbers[0], numbers[-1])

    def test_each_wrong_password_adds_to_it_and_nearly_all_is_there(self):
        # What follows the last is sshd's answer to it.
        ending = self.endings.bytes_of(*self.connections[FAILED])
        for first, second, third, last in zip(*(counters(row) for row in self.rows[FAILED]['auth']), ending):
            self.assertTrue(last - 512 < first < second < third <= last, (first, second, third, last))

    def test_the_addresses_of_a_dual_stack_listener_are_as_elsewhere(self):
        for way, (address, port) in WAYS.items():
            rows = [row for name in ENDED if name[1] == way for kind in self.rows[name].values() for row in kind]
            self.assertEqual({(row['src_ipaddr'], row['dst_ipaddr'], row['dst_port']) for row in rows},
                             {(address, address, port)})

    def test_what_the_sessions_of_a_user_moved_is_their_sum(self):
        ends = [self.endings.bytes_of(*self.connections[name]) for name in ENDED]
        row, = both.ask(self.DRIVER, 'traffic', 'users', '--user', 'visitor')
        self.assertEqual((row['sessions'], row['rx_bytes'], row['tx_bytes']), (len(ends), *map(sum, zip(*ends))))


class InSqlite(Traffic, unittest.TestCase):
    DRIVER = 'sqlite3'


class InPostgresql(Traffic, unittest.TestCase):
    DRIVER = 'postgresql'


class Totals(unittest.TestCase):
    VIEWS = {'user_traffic': 'uid', 'user_day_traffic': 'day', 'address_traffic': 'ipaddr', 'net_24_traffic': 'ipnet',
             'host_traffic': 'host'}

    def test_both_databases_add_up_to_the_same(self):
        lines, _ = visited()
        for driver in both.DATABASES:
            both.stored(driver, lines)
        for view, name in self.VIEWS.items():
            in_sqlite, in_postgresql = ({self.as_name(row[name]): (row['log_count'], *counters(row)) for row in rows}
                                        for rows in (module.query(f'SELECT * FROM {view}') for module in both.DATABASES.values()))
            self.assertTrue(in_sqlite)
            self.assertEqual(in_sqlite, in_postgresql, view)

    @staticmethod
    def as_name(text):
        """SQLite writes a net with all its zeros."""
        return str(ipaddress.ip_network(text)) if '/' in text else text
