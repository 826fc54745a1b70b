# SPDX-License-Identifier: GPL-2.0-or-later
"""A new daemon takes over what an old one left."""
import os
import sqlite3
import time
from pathlib import Path

from programs import SANITIZED, Programs, Sqlite, wait_until

SQL = Path(__file__).resolve().parents[2] / 'sql'
EVENT = 'iptracking/1 event=auth user={} src=192.0.2.7 service=sshd\n'
ROWS = 5_000_000 if os.environ.get('IPTRACKING_LONG') else 100_000 if SANITIZED else 500_000


class Upgrade(Programs):
    def test_of_a_large_database_keeps_the_watchdog_fed_and_events_coming(self):
        store = Sqlite(self.folder)
        store.path.parent.mkdir()
        database = sqlite3.connect(store.path, isolation_level=None)
        database.executescript('PRAGMA synchronous = OFF;' + (SQL / 'sqlite3-1.sql').read_text())
        database.execute('''INSERT INTO inet_log (id, dst_ipaddr, src_ipaddr, log_event, uid, log_date, outcome)
            WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < ?)
            SELECT n, '198.51.100.5', '10.' || (n % 199) || '.' || (n % 251) || '.7', 1, 'user' || (n % 1009),
                '2026-01-01T00:00:00.000000Z', CASE n % 2 WHEN 0 THEN 'success' ELSE 'attempt' END FROM number''', (ROWS,))
        database.close()

        began = time.monotonic()
        daemon = self.daemon(passed=True, config=store.config, environment={'WATCHDOG_USEC': '1000000'})
        daemon.write(EVENT.format('meanwhile'))
        wait_until(lambda: store.query('PRAGMA user_version') == [(3,)], 60, 'the upgrade')
        wait_until(lambda: store.query(f"SELECT count(*) FROM inet_log WHERE id > {ROWS}") == [(1,)], what='the event')
        stored = time.monotonic() - began
        wait_until(lambda: store.query('SELECT min(upto) FROM summary') == [(ROWS + 1,)], 600, 'the summaries')
        caught_up = time.monotonic() - began
        pings = [began, *daemon.pings, time.monotonic()]
        longest = max(after - before for before, after in zip(pings, pings[1:]))
        print(f'measured: {ROWS} rows of version 1: an event stored after {stored:.1f} s, summaries after {caught_up:.1f} s, '
              f'longest time without a ping {longest:.2f} s of 1 s')
        self.assertLess(longest, 1)
        self.assertEqual(store.query('SELECT sum(log_count) FROM user_addresses'), [(ROWS // 2,)])
        self.assertEqual(daemon.stop(), 0)
