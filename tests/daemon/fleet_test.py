# SPDX-License-Identifier: GPL-2.0-or-later
"""One PostgreSQL for many hosts, through a pool of a few connections."""
import collections
import re
import threading
import time

import psycopg2
from fleet import Fleet, stored_numbers
from postgres_server import Database, Pgbouncer
from programs import DAEMON, SANITIZED, OnServer, wait_until

HOSTS = 40 if SANITIZED else 500
POOL = 10
RATE = 100  # logins a second, of all hosts together


class Sessions(threading.Thread):
    """The most sessions of daemons that the server had at once, as often as it was asked."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database = database
        self.most = self.samples = 0
        self.ended = threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(0.05):
            try:
                (count,), = self.database.query("SELECT count(*) FROM pg_stat_activity WHERE usename = 'iptracking'")
            except psycopg2.Error:
                continue    # it is restarted
            self.most, self.samples = max(self.most, count), self.samples + 1


def logins_per_tenth(log):
    """Of hosts to the pool, by the times in its log."""
    found = re.findall(r'^(\S+ \S+\.\d)\d* .* login attempt: .* user=iptracking ', log, re.MULTILINE)
    return list(collections.Counter(found).values())


class Many(OnServer):
    def test_hosts_store_each_event_once_and_in_order_whatever_restarts(self):
        store = self.store()
        pool = Pgbouncer(self.server, size=POOL, max_client_conn=2 * HOSTS)
        self.addCleanup(pool.stop)
        began = time.monotonic()
        fleet = Fleet(self.folder, DAEMON, HOSTS, {**store.keywords, 'host': str(pool.folder), 'port': str(pool.port)})
        self.addCleanup(fleet.kill)
        fleet.wait_until_storing()
        started = time.monotonic() - began
        sessions = Sessions(Database(self.server, store.database.name))
        fleet.log_in(3, RATE)

        restart = threading.Thread(target=self.server.restart)
        restart.start()
        fleet.log_in(3, RATE)
        restart.join()

        before = len(pool.log.read_text())
        pool.stop()
        fleet.log_in(2, RATE)   # all have lost it, and look again at times of their own
        pool.start()
        fleet.log_in(3, RATE)

        expected = fleet.numbers()
        wait_until(lambda: store.count() >= fleet.sent(), 30, f'{fleet.sent()} events')
        self.assertEqual(stored_numbers(store.database), expected)
        sessions.ended.set()
        sessions.join()
        tenths = logins_per_tenth(pool.log.read_text()[before:])
        print(f'measured: {HOSTS} hosts (ready after {started:.1f} s, {fleet.memory()[1] / 2**20:.1f} MiB each) stored '
              f'{fleet.sent()} events once and in order over a restart of the server and one of the pool; at most {sessions.most} '
              f'sessions of {POOL} in {sessions.samples} samples; {sum(tenths)} logins to the pool after its restart, at most '
              f'{max(tenths)} in 100 ms', flush=True)
        self.assertLessEqual(sessions.most, POOL)
        self.assertGreater(sessions.samples, 20)
        self.assertGreaterEqual(sum(tenths), HOSTS)
        self.assertLess(max(tenths), 0.3 * HOSTS)
        self.assertEqual(fleet.stop(), [])

    def test_floods_of_hosts_that_share_a_session_of_the_server_do_not_mix(self):
        store = self.store()
        pool = Pgbouncer(self.server, size=3)
        self.addCleanup(pool.stop)
        fleet = Fleet(self.folder, DAEMON, 20, {**store.keywords, 'host': str(pool.folder), 'port': str(pool.port)})
        self.addCleanup(fleet.kill)
        fleet.wait_until_storing()
        began = len(self.server.log.read_text())
        fleet.flood(500 if SANITIZED else 2000)
        wait_until(lambda: store.count() >= fleet.sent(), 50, f'{fleet.sent()} events')
        self.assertEqual(stored_numbers(store.database), fleet.numbers())
        self.assertNotIn('invalid frontend message', self.server.log.read_text()[began:])
        self.assertEqual([host.name for host in fleet.hosts if b'keeping events' in host.errors.read_bytes()], [])
        self.assertEqual(fleet.stop(), [])
