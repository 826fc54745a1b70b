# SPDX-License-Identifier: GPL-2.0-or-later
"""A new daemon takes over what an old one left."""
import os
import sqlite3
import time
from pathlib import Path

from programs import SANITIZED, Programs, Sqlite, wait_until

SQL = Path(__file__).resolve().parents[2] / 'sql'
EVENT = 'iptracking/1 event=auth user={} src=192.0.2.7 service=sshd\n'
WATCHDOG = 4      # seconds; that of the unit has sixty
ROWS = 6_000_000 if os.environ.get('IPTRACKING_LONG') else 30_000 if SANITIZED else 600_000


class Upgrade(Programs):
    def test_of_a_large_database_keeps_the_watchdog_fed_and_events_coming(self):
        store = Sqlite(self.folder)
        store.path.parent.mkdir()
        database = sqlite3.connect(store.path, isolation_level=None)
        database.executescript('PRAGMA synchronous = OFF;' + (SQL / 'sqlite3-1.sql').read_text())
        # On each connection two attempts and then a success; fifty connections at once.
        database.execute('''INSERT INTO inet_log (id, dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, outcome,
                host, service, sshd_pid)
            WITH RECURSIVE number (n, c) AS (VALUES (0, 0) UNION ALL SELECT n + 1, (n + 1) / 150 * 50 + (n + 1) % 50
                FROM number WHERE n < ? - 1)
            SELECT n + 1, '198.51.100.5', '10.' || (c % 199) || '.' || (c % 251) || '.7', c % 60000 + 1, 1,
                'user' || (c % 1009), '2026-01-01T00:00:00.000000Z',
                CASE n / 50 % 3 WHEN 2 THEN 'success' ELSE 'attempt' END, 'alpha', 'sshd', c FROM number''', (ROWS,))
        database.close()

        began = time.monotonic()
        daemon = self.daemon(passed=True, config=store.config, environment={'WATCHDOG_USEC': f'{WATCHDOG}000000'})
        daemon.write(EVENT.format('meanwhile'))
        wait_until(lambda: store.query('PRAGMA user_version') == [(5,)], 120, 'the upgrade')
        wait_until(lambda: store.query(f"SELECT count(*) FROM inet_log WHERE id > {ROWS}") == [(1,)], what='the event')
        stored = time.monotonic() - began
        wait_until(lambda: store.query('SELECT min(upto) FROM summary') == [(ROWS + 1,)], 600, 'the summaries')
        caught_up = time.monotonic() - began
        pings = [began, *daemon.pings, time.monotonic()]
        longest = max(after - before for before, after in zip(pings, pings[1:]))
        print(f'measured: {ROWS} rows of version 1: an event stored after {stored:.1f} s, summaries after {caught_up:.1f} s, '
              f'longest time without a ping {longest:.2f} s of {WATCHDOG} s')
        self.assertLess(longest, WATCHDOG)
        self.assertEqual(store.query('SELECT sum(log_count) FROM user_addresses'), [(ROWS // 3,)])
        self.assertEqual(store.query('SELECT count(*) FROM attempt_success JOIN inet_log AS a ON a.id = attempt_id '
                                     'JOIN inet_log AS s ON s.id = success_id AND s.id = a.id + 50'), [(ROWS // 3,)])
        self.assertEqual(store.query('SELECT sum(failures) FROM quarter_count'), [(ROWS // 3 + 1,)])
        self.assertEqual(daemon.stop(), 0)
