# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 at any moment, under load: what was written whole is stored exactly once, in its order."""
import collections
import fcntl
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from programs import BUILD, DAEMON, DRIVERS, SANITIZED, Programs, bytes_in, wait_until

WRITER = Path(__file__).resolve().parents[1] / 'kill/writer.py'
PLANTED_DAEMON = BUILD / 'tests/kill/planted-daemon'
LONG = bool(os.environ.get('IPTRACKING_LONG'))
KILLS = 20 if SANITIZED else 1000 if LONG else 100
LONGEST_IN_ALL = 280    # seconds for the kills of one driver
LONGEST_RUN = 0.15      # from a start to the kill
RATE = 8000             # events a second that are written; at least 2000 have to get through

Found = collections.namedtuple('Found', 'kills unstored acknowledged stored lost doubled in_order rate')


class Kill(Programs):
    temporary = '/var/tmp'   # a disk: a database in memory has stored nearly everything at any moment

    def kill_often(self, name, kills, program=DAEMON):
        """Kills and restarts the daemon while another process writes; gives what became of the events."""
        folder = self.sub(name)
        store = DRIVERS[name](folder)
        os.mkfifo(folder / 'fifo')
        fifo = os.open(folder / 'fifo', os.O_RDWR | os.O_NONBLOCK)   # held, as systemd does
        self.addCleanup(os.close, fifo)
        fcntl.fcntl(fifo, fcntl.F_SETPIPE_SZ, 1024 * 1024)
        # Events in a transaction: held where the database hardly keeps up, whatever the disk, so that most kills find
        # something at stake.
        records = 8.0

        def start(**arguments):
            # In a small pool segments begin and are released all the time.
            pool = f'log-pool: {{max-bytes: 1M, records: {{min: 1, max: {int(records)}}}}}\n'
            return self.daemon(folder=folder, program=program, passed=True, config=store.config + pool, **arguments)
        writer = subprocess.Popen([sys.executable, WRITER, folder / 'fifo', str(RATE)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(writer.stdout.close)
        self.addCleanup(writer.wait)
        self.addCleanup(writer.kill)

        killed = unstored = 0
        end = time.monotonic() + LONGEST_IN_ALL
        while killed < kills and time.monotonic() < end:
            daemon = start(ready=False)
            time.sleep(random.uniform(0, LONGEST_RUN))
            self.assertIsNone(daemon.process.poll(), daemon.said())
            daemon.kill()
            killed += 1
            if store.pool.bytes_after(store.place()) > 0:
                unstored += 1
                records = min(records * 1.25, 10000)
            else:
                records = max(records / 2, 1)
        records = 10000
        daemon = start()
        writer.terminate()
        said, _ = writer.communicate(timeout=60)
        wait_until(lambda: not bytes_in(fifo), 60, 'an empty pipe')
        self.assertEqual(daemon.stop(), 0)

        acknowledged, seconds = int(said.split()[0]), float(said.split()[1])
        users = [int(user) if user.isdigit() else -1 for user in store.users()]   # -1: torn
        found = Found(killed, unstored, acknowledged, len(users), len(set(range(acknowledged)) - set(users)),
                      len(users) - len(set(users)), users == sorted(users), acknowledged / seconds)
        print(f'measured: {name}: {found.kills} kills, {found.unstored} found taken bytes that were not stored; '
              f'{found.acknowledged} events acknowledged, {found.stored} stored, {found.lost} lost, '
              f'{found.doubled} doubled; {found.rate:.0f} events/s', flush=True)
        return found

    def test_nothing_is_lost_and_nothing_doubled(self):
        for name in DRIVERS:
            with self.subTest(name):
                found = self.kill_often(name, KILLS)
                self.assertEqual((found.lost, found.doubled), (0, 0))
                self.assertEqual(found.stored, found.acknowledged)
                self.assertTrue(found.in_order)
                self.assertGreaterEqual(found.rate, 2000)
                self.assertGreaterEqual(found.unstored, found.kills / 2)

    def test_a_daemon_that_copies_and_then_discards_is_seen_to_double(self):
        for name in DRIVERS:
            with self.subTest(name):
                self.assertGreater(self.kill_often(name, 30, PLANTED_DAEMON).doubled, 0)
