# SPDX-License-Identifier: GPL-2.0-or-later
"""The postgresql driver and a real PostgreSQL beside it: through its socket, over TCP, away, and at a boot."""
import os
import shutil
import statistics
import time
import unittest
from pathlib import Path

import cluster
import machine
from cluster import Recorded, kind, kinds
from logins import OPTIONS, ssh
from machine import CONFIGURATION, SERVICE, Writer, run, systemctl, wait_until
from next_boot import EARLY, UNITS, send_an_early_event, start_sshd_with_the_system

BY_KEY = ['account', 'open_session', 'close_session']
BY_PASSWORD = ['auth', *BY_KEY]
NOISE = 1.2         # seconds that a login may take longer on a busy machine
BEFORE, SHUTDOWN = Path('/var/tmp/last-id'), Path('/var/tmp/shutdown')
EXAMPLE = Path('/usr/share/doc/iptracking/examples/postgresql-tcp.conf')
SERVER = 'db.example.net'
AUTHORITY, PASSWORD = Path('/etc/iptracking-ca.crt'), Path('/etc/iptracking.pgpass')
SOCKET_ONLY = f'database:\n  driver-name: postgresql\n  dbname: {cluster.DATABASE}\n'
OVER_TCP = f'''{SOCKET_ONLY}  host: {SERVER}
  user: iptracking
  sslmode: verify-full
  sslrootcert: {AUTHORITY}
'''


def wait_for_status(words, at_most=15.0):
    return wait_until(lambda: words in machine.status_text() and machine.status_text(), at_most, f'"{words}" in the status')


def seconds_to(do):
    began = time.monotonic()
    do()
    return time.monotonic() - began


class Logins(unittest.TestCase):
    def assert_are_recorded(self):
        """By key, by password, with a wrong password: each event once, with all that is known."""
        recorded = Recorded()
        logins = [ssh(), ssh(passwords=['right']), ssh(passwords=['wrong'])]
        self.assertEqual([login.succeeded for login in logins], [True, True, False])
        rows = recorded.rows()
        self.assertEqual(kinds(rows), [*BY_KEY, *BY_PASSWORD, 'auth'])
        for row in rows:
            self.assertEqual((row['uid'], row['service'], row['src_ipaddr'], row['dst_ipaddr'], row['dst_port'], row['host']),
                             ('visitor', 'sshd', '127.0.0.1', '127.0.0.1', 22, 'throwaway'))
        self.assertEqual([row['outcome'] for row in rows],
                         ['success', None, None, 'attempt', 'success', None, None, 'attempt'])
        connections = [(row['sshd_pid'], row['src_port']) for row in rows]
        self.assertEqual([connections.count(connection) for connection in dict.fromkeys(connections)], [3, 4, 1])


class ThroughTheSocket(Logins):
    @classmethod
    def setUpClass(cls):
        cluster.make()
        CONFIGURATION.write_text(SOCKET_ONLY)
        systemctl('try-reload-or-restart', SERVICE)
        cluster.wait_for_all()
        cls.usual = max(ssh(passwords=['right']).seconds for _ in range(4))

    def assert_usual(self, login):
        self.assertTrue(login.succeeded, login.text)
        self.assertLess(login.seconds, self.usual + NOISE)
        return login.seconds

    def test_logins_are_recorded_with_no_more_than_the_name_of_the_database(self):
        self.assertEqual(machine.property_of(SERVICE, 'DropInPaths'), '')
        self.assert_are_recorded()
        self.assertIn(f'Storing events in postgresql dbname={cluster.DATABASE}: ',
                      systemctl('status', '--no-pager', SERVICE).stdout)

    def test_a_restart_of_postgresql_costs_a_second(self):
        with Writer('while-it-restarts') as writer:
            wait_until(lambda: writer.written > 10, what='events')
            restarted = run('systemd-run', '--quiet', '--unit=restart', 'systemctl', 'restart', cluster.UNIT)
            self.assertEqual(restarted.returncode, 0)
            wait_for_status('Keeping events')
            wait_until(cluster.is_ready, what='the server')
            ready, before = time.monotonic(), writer.written
            wait_until(lambda: cluster.numbers('while-it-restarts')[-1:] > [before], what='an event from after that')
            took = time.monotonic() - ready
        print(f'measured: {took:.2f} s after a restart of PostgreSQL an event was stored', flush=True)
        self.assertLess(took, 1 + 0.5)      # it looks once a second; and to ask takes us some time, too
        wait_until(lambda: machine.property_of('restart', 'ActiveState') == 'inactive', what='the end of the restart')
        cluster.wait_for_all()
        self.assertEqual(cluster.numbers('while-it-restarts'), list(range(1, writer.written + 1)))

    def test_logins_while_postgresql_is_stopped(self):
        recorded = Recorded()
        systemctl('stop', cluster.UNIT)
        self.addCleanup(systemctl, 'start', cluster.UNIT)
        took = [self.assert_usual(ssh(passwords=['right'])) for _ in range(2)]
        wait_for_status('Keeping events')
        took += [self.assert_usual(ssh(passwords=['right'])) for _ in range(2)]
        print(f'measured: median of 4 logins with PostgreSQL stopped: {statistics.median(took) * 1e3:.0f} ms, '
              f'longest of 4 before: {self.usual * 1e3:.0f} ms', flush=True)
        systemctl('start', cluster.UNIT)
        self.assertEqual(kinds(recorded.rows()), BY_PASSWORD * 4)

    def test_the_daemon_stops_at_once_while_postgresql_is_stopped(self):
        self.assert_stops('stopped', ['stop'], ['start'], at_most=2)

    def test_the_daemon_stops_in_seconds_while_postgresql_hangs(self):
        self.assert_stops('hung', ['kill', '--signal=STOP'], ['kill', '--signal=CONT'], at_most=5 + 2)

    def assert_stops(self, user, away, back, at_most):
        """Connected before, and started while it is away; and at once where it has been said already."""
        cluster.wait_for_all()
        systemctl(*away, cluster.UNIT)
        self.addCleanup(systemctl, *back, cluster.UNIT)
        self.send(user)
        wait_for_status('20 waiting')
        self.assert_stops_within(at_most)
        self.send(user)
        wait_for_status('Keeping events')
        wait_for_status('40 waiting')
        self.assert_stops_within(2)
        systemctl(*back, cluster.UNIT)
        cluster.wait_for_all()
        self.assertEqual(cluster.count(user), 40)

    def send(self, user):
        for _ in range(20):
            self.assertEqual(machine.callback(user), 0)

    def assert_stops_within(self, seconds):
        took = seconds_to(lambda: systemctl('stop', SERVICE))
        print(f'measured: {took:.2f} s until the daemon has stopped', flush=True)
        self.assertLess(took, seconds)


class OverTcp(Logins):
    """With TLS, a certificate of an authority of our own, and a password that is a credential."""

    @classmethod
    def setUpClass(cls):
        cluster.make()
        cls.addClassCleanup(cls.back_to_the_socket)
        with open('/etc/hosts', 'a') as hosts:
            hosts.write(f'127.0.0.1 {SERVER}\n')
        cls.make_certificates(Path('/etc/postgresql'))
        cluster.psql('-c', "ALTER ROLE iptracking PASSWORD 'a secret'")
        PASSWORD.write_text(f'{SERVER}:5432:{cluster.DATABASE}:iptracking:a secret\n')
        PASSWORD.chmod(0o600)

    def setUp(self):
        CONFIGURATION.write_text(OVER_TCP)

    @staticmethod
    def make_certificates(folder):
        new = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
        run(*new, '-keyout', folder / 'ca.key', '-out', AUTHORITY, '-subj', '/CN=authority')
        run(*new, '-keyout', folder / 'key', '-out', folder / 'crt', '-subj', '/', '-addext', f'subjectAltName=DNS:{SERVER}',
            '-CA', AUTHORITY, '-CAkey', folder / 'ca.key')
        shutil.chown(folder / 'key', 'postgres')
        cluster.psql(*(word for name, value in (('ssl', 'on'), ('ssl_cert_file', folder / 'crt'), ('ssl_key_file', folder / 'key'))
                       for word in ('-c', f"ALTER SYSTEM SET {name} = '{value}'")))
        systemctl('reload', cluster.UNIT)

    @classmethod
    def back_to_the_socket(cls):
        CONFIGURATION.write_text(SOCKET_ONLY)
        machine.mend()
        systemctl('try-restart', SERVICE)

    def test_with_the_example_drop_in_logins_are_recorded(self):
        self.take_example()
        self.assert_are_recorded()
        found = cluster.query("""SELECT ssl, host(client_addr) AS client FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                                     WHERE usename = 'iptracking'""")
        self.assertEqual(found, [{'ssl': True, 'client': '127.0.0.1'}])
        wait_for_status(f'Storing events in postgresql host={SERVER} dbname={cluster.DATABASE}: ')

    def take_example(self):
        machine.drop_in(SERVICE, EXAMPLE.read_text())
        self.addCleanup(machine.mend)
        systemctl('restart', SERVICE)

    def test_with_the_example_drop_in_the_service_is_still_confined(self):
        self.take_example()
        done = run('systemd-analyze', 'security', '--no-pager', '--threshold=11', SERVICE, check=False)
        print(f'measured: {done.stdout.strip().splitlines()[-1]}', flush=True)
        self.assertEqual(done.returncode, 0)

    def test_without_a_drop_in_it_is_said_that_there_is_no_network_and_check_prints_one(self):
        passfile = machine.STATE / 'pgpass'
        shutil.copy(PASSWORD, passfile)
        shutil.chown(passfile, 'iptracking')
        CONFIGURATION.write_text(f'{OVER_TCP}  passfile: {passfile}\n')
        systemctl('restart', SERVICE)
        machine.callback('without-network')
        wait_for_status('not use the network')
        printed = run('iptracking-daemon', '--check').stdout
        self.assertIn('The service may not use the network', printed)
        machine.drop_in(SERVICE, printed[printed.index('[Service]'):])
        self.addCleanup(machine.mend)
        systemctl('restart', SERVICE)
        cluster.wait_for_all()
        self.assertEqual(cluster.count('without-network'), 1)

    def test_without_the_password_events_are_kept_and_it_is_said(self):
        away = PASSWORD.rename('/etc/away')
        self.take_example()
        machine.callback('without-password')
        wait_for_status('no password supplied')
        away.rename(PASSWORD)
        systemctl('restart', SERVICE)
        cluster.wait_for_all()
        self.assertEqual(cluster.count('without-password'), 1)


class Reboot(unittest.TestCase):
    """It comes while PostgreSQL is stopped, a login is open and events wait."""

    def test_events_wait_when_the_reboot_comes(self):
        start_sshd_with_the_system()    # PostgreSQL is not
        send_an_early_event()
        systemctl('daemon-reload')
        BEFORE.write_text(str(Recorded().after))
        systemctl('stop', cluster.UNIT)
        send_events('before')
        # With a client that the shutdown does not end first: it would be on another machine.
        run('systemd-run', '--quiet', '--unit=client', '--property=DefaultDependencies=no', 'ssh', *OPTIONS, '-N',
            'visitor@127.0.0.1')
        wait_for_status(f'{20 + len(BY_KEY) + 2} waiting')
        self.assertIn('Keeping events', machine.status_text())
        SHUTDOWN.write_text(str(time.time()))


class Boot(unittest.TestCase):
    maxDiff = None

    def test_nothing_waits_for_postgresql_and_events_do(self):
        took = booted() - float(SHUTDOWN.read_text())
        print(f'measured: {took:.1f} s from the wish for a reboot to the next systemd', flush=True)
        self.assertLess(took, 10)
        waited = machine.seconds_of('ssh.service') - machine.seconds_of(EARLY)
        print(f'measured: sshd was ready {waited:.1f} s after the event that started the daemon', flush=True)
        self.assertLess(waited, 2)
        send_events('after')
        wait_for_status('Keeping events')
        systemctl('start', cluster.UNIT)
        recorded = Recorded()
        recorded.after = int(BEFORE.read_text())
        self.assertEqual([(row['uid'], kind(row)) for row in recorded.rows()],
                         [*sent_events('before'), *visit(), ('early', 'auth'), *sent_events('after')])


def send_events(when):
    for number in range(20):
        assert machine.callback(f'{when}-{number}') == 0
    assert ssh().succeeded


def sent_events(when):
    return [(f'{when}-{number}', 'auth') for number in range(20)] + visit()


def visit():
    return [('visitor', event) for event in BY_KEY]


def booted():
    """When PID 1 began, in seconds since 1970."""
    started = int(Path('/proc/1/stat').read_text().rsplit(')', 1)[1].split()[19])
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + started / os.sysconf('SC_CLK_TCK')


BOOTS = [(ThroughTheSocket, OverTcp, Reboot), (Boot,)]
