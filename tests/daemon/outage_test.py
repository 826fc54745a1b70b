# SPDX-License-Identifier: GPL-2.0-or-later
"""The database is locked, full, deleted: events are kept, the loop neither blocks nor spins."""
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from programs import FILE_DRIVERS, SANITIZED, Programs, Sqlite, wait_until

EVENT = 'iptracking/1 event=auth user={} src=192.0.2.7 service=sshd\n'
LOCK = 5 if SANITIZED else 30    # seconds


class Locked(Programs):
    def test_a_long_lock_costs_nothing(self):
        """The pool at its limit, the pipe full, the database locked by another process."""
        store = Sqlite(self.folder)
        daemon = self.daemon(passed=True, config=store.config + 'log-pool: {max-bytes: 64K, records: {min: 8, max: 64}}\n')
        daemon.write(EVENT.format(0))
        wait_until(lambda: store.count() == 1, what='the first row')
        locker = sqlite3.connect(store.path)
        locker.execute('BEGIN IMMEDIATE')
        locked_at = time.monotonic()

        fifo = os.open(daemon.fifo, os.O_WRONLY | os.O_NONBLOCK)
        sent = 1
        full = False
        while not full or 'Taking no events' not in daemon.status():
            try:
                os.write(fifo, EVENT.format(sent).encode())
                sent += 1
            except BlockingIOError:
                full = True
        os.close(fifo)
        self.assertIn('locked by another program', daemon.status())

        cpu = daemon.cpu_seconds()
        pings = daemon.notifications.count('WATCHDOG=1')
        time.sleep(max(0, LOCK - (time.monotonic() - locked_at)))   # the length of the lock is what is tested
        self.assertLess(daemon.cpu_seconds() - cpu, 1.0)
        self.assertEqual(daemon.notifications.count('WATCHDOG=1'), pings)
        locker.rollback()
        locker.close()
        before = time.monotonic()
        wait_until(lambda: store.count() > 1, what='the next row')
        self.assertLess(time.monotonic() - before, 1)
        wait_until(lambda: store.count() == sent, 30, 'all rows')
        self.assertEqual([int(row['uid']) for row in store.rows()], list(range(sent)))

    def test_sigterm_does_not_wait_for_a_lock(self):
        store = Sqlite(self.folder)
        daemon = self.daemon(passed=True, config=store.config)
        daemon.write(EVENT.format(0))
        wait_until(lambda: store.count() == 1, what='the first row')
        locker = sqlite3.connect(store.path)
        locker.execute('BEGIN IMMEDIATE')
        daemon.write(EVENT.format(1))
        daemon.wait_for_status('locked')
        self.assertEqual(daemon.stop(at_most=9), 0)
        locker.close()
        daemon = self.daemon(passed=True, config=store.config)
        wait_until(lambda: store.count() == 2, what='what was kept')


class FullDisk(Programs):
    def mount(self, folder, size):
        done = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', folder], check=False, capture_output=True)
        if done.returncode != 0:
            self.skipTest(f'cannot mount a small tmpfs: {done.stderr.decode().strip()}')
        self.addCleanup(subprocess.run, ['umount', '-l', folder], check=True)

    def test_a_full_disk_under_the_database_loses_nothing(self):
        for name, store_of in FILE_DRIVERS.items():
            with self.subTest(name):
                folder = self.sub(name)
                disk = folder / 'disk'
                disk.mkdir()
                self.mount(disk, '2M')
                store = store_of(folder)
                store.put_into(disk)
                daemon = self.daemon(folder=folder, config=store.config)
                daemon.write(EVENT.format(0))
                wait_until(lambda: store.count() == 1, what='the first row')
                ballast = disk / 'ballast'
                with open(ballast, 'wb', buffering=0) as file:
                    while True:
                        try:
                            file.write(b'x' * 4096)
                        except OSError:
                            break
                daemon.write(''.join(EVENT.format(number) for number in range(1, 3000)))
                daemon.wait_for_status('Keeping events')
                ballast.unlink()
                daemon.signal(signal.SIGHUP)   # or it looks again within log-pool.push-wait-seconds
                wait_until(lambda: store.count() == 3000, 30, 'all rows')
                self.assertEqual([int(row['uid']) for row in store.rows()], list(range(3000)))
                self.assertEqual(daemon.stop(), 0)

    def test_a_full_disk_under_the_pool_loses_nothing(self):
        state = self.sub('state')
        self.mount(state, '1M')
        elsewhere = self.sub('elsewhere')
        store = Sqlite(self.folder)
        store.path = elsewhere / 'db.sqlite3'
        daemon = self.daemon(passed=True, config=f'database: {{driver-name: sqlite3, filename: {store.path}}}\n'
                                                 'log-pool: {push-wait-seconds: {min: 1}, max-bytes: 100M}\n')
        daemon.write(EVENT.format(0))
        wait_until(lambda: store.count() == 1, what='the first row')
        ballast = state / 'ballast'
        with open(ballast, 'wb', buffering=0) as file:
            while True:
                try:
                    file.write(b'x' * 4096)
                except OSError:
                    break
        fifo = os.open(daemon.fifo, os.O_WRONLY | os.O_NONBLOCK)
        sent = 1
        while 'No space left on device' not in daemon.status():
            try:
                os.write(fifo, EVENT.format(sent).encode())
                sent += 1
            except BlockingIOError:
                pass
        os.close(fifo)
        ballast.unlink()
        wait_until(lambda: store.count() == sent, 30, 'all rows')
        self.assertEqual([int(row['uid']) for row in store.rows()], list(range(sent)))


class Idle(Programs):
    def test_an_idle_daemon_does_not_wake_up(self):
        store = Sqlite(self.folder)
        daemon = self.daemon(config=store.config)
        daemon.write(EVENT.format(0))
        wait_until(lambda: store.query('SELECT min(upto) FROM summary') == [(1,)], what='the summary')
        status = Path(f'/proc/{daemon.process.pid}/status')

        def switches():
            return sum(int(line.split()[1]) for line in status.read_text().splitlines() if 'ctxt_switches' in line)

        def quiet():
            before = switches()
            time.sleep(1.5)   # longer than any timer that is still to run
            return switches() == before
        wait_until(quiet, 20, 'a quiet daemon')
        self.assertTrue(quiet())
