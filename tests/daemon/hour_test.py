# SPDX-License-Identifier: GPL-2.0-or-later
"""The database is away for an hour at 100 events a second, compressed: all that came meanwhile waits on the disk."""
import fcntl
import os
import signal
import threading
import time
from pathlib import Path

from programs import DRIVERS, FILE_DRIVERS, SANITIZED, Programs, bytes_in, wait_until

EVENT = 'iptracking/1 event=auth user={} src=192.0.2.7 sport=51234 dst=198.51.100.5 dport=22 service=sshd tty=ssh pid=4711\n'
EVENTS = 36000 if SANITIZED else 360000
MOST_KIB = 32 * 1024


class Memory:
    """Watches what a process has in memory, as long as it lives."""

    def __init__(self, pid):
        self.status = Path(f'/proc/{pid}/status')
        self.samples = 0
        self.peak_kib = 0
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while (kib := self.look()) > 0:
            self.peak_kib = max(self.peak_kib, kib)
            self.samples += 1
            time.sleep(0.01)

    def look(self):
        try:
            lines = self.status.read_text().splitlines()
        except OSError:
            return 0    # it has ended
        return max((int(line.split()[1]) for line in lines if line.startswith(('VmHWM:', 'VmRSS:'))), default=0)


class Hour(Programs):
    def start(self, folder, config):
        daemon = self.daemon(folder=folder, passed=True, config=config)
        self.memories.append(Memory(daemon.process.pid))
        return daemon

    def send(self, fifo, numbers):
        """As fast as they are taken."""
        for number in numbers:
            os.write(fifo, EVENT.format(number).encode())
        wait_until(lambda: not bytes_in(fifo), what='an empty pipe')

    def test_nothing_is_lost_and_memory_stays_small(self):
        for name, store_of in DRIVERS.items():
            with self.subTest(name):
                self.memories = []
                folder = self.sub(name)
                store = store_of(folder)
                if name in FILE_DRIVERS:
                    store.put_into(self.sub(f'{name}-database'))
                config = store.config + 'log-pool: {max-bytes: 256M, push-wait-seconds: {min: 1, max: 1}}\n'

                daemon = self.start(folder, config)
                fifo = os.open(daemon.fifo, os.O_RDWR)   # held, as systemd does
                self.addCleanup(os.close, fifo)
                self.send(fifo, [0])
                wait_until(lambda: store.count() == 1, what='the first row')
                store.take_away()
                daemon.signal(signal.SIGHUP)    # a CSV file that is open can be written wherever it is
                daemon.wait_for_status('Keeping events')
                begin = time.monotonic()
                self.send(fifo, range(1, EVENTS // 2))
                self.assertEqual(daemon.stop(), 0)
                daemon = self.start(folder, config)
                self.send(fifo, range(EVENTS // 2, EVENTS))
                sent_in = time.monotonic() - begin
                waiting = sum(len(EVENT.format(number)) for number in range(1, EVENTS))
                daemon.wait_for_status(f'{EVENTS - 1} waiting ({waiting} bytes)')

                store.give_back()
                begin = time.monotonic()
                daemon.wait_for_status(' 0 waiting', 120)
                stored_in = time.monotonic() - begin
                self.assertEqual(daemon.stop(), 0)
                self.assertEqual([int(user) for user in store.users()], list(range(EVENTS)))
                peak = max(memory.peak_kib for memory in self.memories)
                print(f'measured: {name}: {EVENTS} events stored; {waiting} bytes waited, taken in {sent_in:.1f} s, stored in '
                      f'{stored_in:.1f} s; at most {peak} KiB of memory in '
                      f'{sum(memory.samples for memory in self.memories)} samples', flush=True)
                self.assertGreater(peak, 0)
                if not SANITIZED:
                    self.assertLessEqual(peak, MOST_KIB)


class CatchingUp(Programs):
    """While a backlog is stored, each event in a transaction of its own, the loop answers others too."""
    events = 5000

    def with_a_backlog(self, name):
        store = DRIVERS[name](self.sub(name))
        daemon = self.daemon(folder=self.folder / name, passed=True,
                             config=store.config + 'log-pool: {records: {min: 1, max: 1}}\n')
        fifo = os.open(daemon.fifo, os.O_RDWR)
        self.addCleanup(os.close, fifo)
        fcntl.fcntl(fifo, fcntl.F_SETPIPE_SZ, 1024 * 1024)
        daemon.signal(signal.SIGSTOP)
        daemon.write(''.join(EVENT.format(number) for number in range(self.events)))
        daemon.signal(signal.SIGCONT)
        wait_until(lambda: store.count() > 10, what='some rows')
        return store, daemon, fifo

    def test_the_pipe_is_emptied_meanwhile(self):
        for name in DRIVERS:
            with self.subTest(name):
                store, daemon, fifo = self.with_a_backlog(name)
                daemon.write(EVENT.format('more'))
                wait_until(lambda: not bytes_in(fifo), 60, 'an empty pipe')
                self.assertLess(store.count(), self.events)

    def test_sigterm_is_answered_meanwhile(self):
        for name in DRIVERS:
            with self.subTest(name):
                store, daemon, _ = self.with_a_backlog(name)
                daemon.process.terminate()
                daemon.wait_for_notification('STOPPING=1', 60)
                self.assertLess(store.count(), self.events)
