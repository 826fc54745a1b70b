# SPDX-License-Identifier: GPL-2.0-or-later
"""Disk and pipe are full for a while: logins take as long as ever, and each event is stored or counted."""
import shutil
import stat
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from collections import Counter
from pathlib import Path

import database
import journal
import logins
import machine
from database import Recorded
from machine import SERVICE, STATE, count_beside, run, systemctl, wait_until

EVENTS = 3              # of a login by key
MOST_SLOWER = 1.1       # a login with us, beside one without
CLEARLY_SLOWER = 1.3
JOURNALD = 'systemd-journald.service'
METRICS = Path('/run/iptracking/iptracking.prom')


class Sender(threading.Thread):
    """Callbacks one after the other, each for a user of its own: `number` of them, or until the block ends."""

    def __init__(self, name, number=1 << 30, pause=0.0):
        super().__init__()
        self.users, self.pause, self.over = (f'{name}-{i}' for i in range(number)), pause, threading.Event()
        self.statuses = {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def run(self):
        for user in self.users:
            self.statuses[user] = machine.callback(user)
            if self.over.wait(self.pause):
                break

    def count(self, status):
        return list(self.statuses.values()).count(status)


class Full(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        logins.start_plain_sshd()

    def setUp(self):
        self.addCleanup(machine.mend)

    def begin(self):
        self.recorded = Recorded()
        machine.forget_stall()
        self.refused, self.lost = count_beside('.refused'), count_beside('.lost')
        self.sent, self.acknowledged = Counter(), Counter()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cursor = Path(folder.name, 'cursor')
        journal.skip(self.cursor)

    def add(self, sender):
        self.sent.update(sender.statuses.keys())
        self.acknowledged.update(user for user, status in sender.statuses.items() if status == 0)

    def callbacks(self, name, number, at_once=1):
        """The exit statuses of so many."""
        senders = [Sender(f'{name}-{i}', number // at_once) for i in range(at_once)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
            self.add(sender)
        return Counter(status for sender in senders for status in sender.statuses.values())

    def assert_refused(self, name, number, **more):
        statuses = self.callbacks(name, number, **more)
        self.assertLessEqual(statuses.keys(), {14, 15})     # 14: one waited again, after a minute
        self.assertEqual(statuses.total(), number)

    def log_in(self):
        done = logins.ssh()
        self.assertTrue(done.succeeded, done.text)
        self.sent['visitor'] += EVENTS
        return done.seconds

    def logs_in_as_fast_as_without_us(self, at_least=15, at_most=60):
        """By turns, so that what else the machine does slows both; more of them where it is a close thing."""
        ours, others = [], []
        with logins.before_all_else():
            while (len(ours) < at_least or
                   len(ours) < at_most and MOST_SLOWER < self.ratio(ours, others) < CLEARLY_SLOWER):
                ours.append(self.log_in())
                others.append(logins.ssh(port=logins.PLAIN_PORT).seconds)
        ratio = self.ratio(ours, others)
        print(f'measured: median of {len(ours)} logins: {statistics.median(ours) * 1e3:.0f} ms, without iptracking '
              f'{statistics.median(others) * 1e3:.0f} ms, ratio {ratio:.3f}; longest {max(ours):.1f} s', flush=True)
        self.assertLessEqual(ratio, MOST_SLOWER)

    @staticmethod
    def ratio(ours, others):
        return statistics.median(ours) / statistics.median(others)

    def stored(self):
        return Counter(row['uid'] for row in self.recorded.rows())

    def room_comes(self, make_room):
        """While callbacks come: before it they are refused, and some time later no more."""
        with Sender('at-the-turn', pause=0.005) as one, Sender('at-the-turn-too', pause=0.005) as other:
            wait_until(lambda: one.count(15) >= 10 and other.count(15) >= 10, what='the refusals')
            make_room()
            wait_until(lambda: one.count(0) >= 20 and other.count(0) >= 20, 20, what='the room')
        self.add(one)
        self.add(other)

    def assert_each_is_stored_or_counted(self):
        """Before and after the import; returns how many are lost."""
        sent = self.sent.total()
        refused, lost = count_beside('.refused') - self.refused, count_beside('.lost') - self.lost
        stored = self.stored()
        self.assertEqual(stored.total() + refused, sent)
        del stored['visitor']       # nobody saw the exit statuses of those
        self.assertEqual(stored, self.acknowledged)
        self.assertEqual(self.import_refused(), refused - lost)
        stored = self.stored()
        self.assertEqual(stored.total() + lost, sent)
        self.assertEqual(stored - self.sent, Counter(), 'nothing twice')
        self.assertEqual(self.import_refused(), 0)
        self.assert_is_told()
        print(f'measured: {sent} sent = {sent - refused} acknowledged + {refused} refused; '
              f'after the import {stored.total()} stored + {lost} lost', flush=True)
        return lost

    def import_refused(self):
        """Returns how many events it wrote to the pipe."""
        return int(run(sys.executable, journal.__file__, self.cursor).stdout)

    def assert_is_told(self):
        """What is counted beside the pipe, by the daemon that has just taken something."""
        counts = {kind: count_beside(f'.{kind}') for kind in ('refused', 'lost')}
        told = {f'iptracking_events_{kind}_total': str(count) for kind, count in counts.items()}
        wait_until(lambda: told.items() <= self.metrics().items(), what=f'{told} in {METRICS}')
        self.assertEqual(stat.S_IMODE(METRICS.stat().st_mode), 0o644)
        text = ''.join(f', {count} {kind}' for kind, count in counts.items() if count)
        wait_until(lambda: text in systemctl('status', '--no-pager', SERVICE).stdout, what=f'"{text}" in the status')

    @staticmethod
    def metrics():
        return dict(line.split() for line in METRICS.read_text().splitlines() if not line.startswith('#'))

    def test_disk_and_pipe_full_for_a_while(self):
        self.small_disk()
        self.begin()
        self.fill_disk()
        self.assertEqual(self.callbacks('into-the-pipe', 20), {0: 20})
        machine.fill_pipe()
        self.logs_in_as_fast_as_without_us()
        self.assert_refused('while-full', 20)
        self.room_comes((STATE / 'filler').unlink)
        self.assertEqual(self.assert_each_is_stored_or_counted(), 0)

    def small_disk(self):
        def leave():
            systemctl('stop', SERVICE, check=False)
            run('umount', '--lazy', STATE, check=False)

        database.wait_for_all()     # there is a folder then
        systemctl('stop', SERVICE)
        run('mount', '-t', 'tmpfs', '-o', 'size=8M,mode=750,uid=iptracking,gid=iptracking', 'tmpfs', STATE)
        self.addCleanup(leave)

    def fill_disk(self):
        subprocess.run(['dd', 'if=/dev/zero', f'of={STATE}/filler', 'bs=4k'], check=False, stderr=subprocess.DEVNULL)
        self.assertEqual(shutil.disk_usage(STATE).free, 0)
        for _ in range(10):         # what the pool has allocated already
            machine.write_line(f'event=auth user=filler service=test rhost={"x" * 500}')
        wait_until(lambda: 'Taking no events' in machine.status_text(), what='the full disk in the status')

    def daemon_hangs(self):
        wait_until(machine.is_active, what='the daemon')
        systemctl('kill', '--signal=STOP', SERVICE)
        self.addCleanup(self.goes_on)
        machine.fill_pipe()

    @staticmethod
    def goes_on():
        systemctl('kill', '--signal=CONT', SERVICE, check=False)

    def test_the_pipe_is_full_because_the_daemon_hangs(self):
        self.begin()
        self.daemon_hangs()
        for _ in range(3):
            self.log_in()
        self.assert_refused('while-hung', 20)
        self.room_comes(self.goes_on)
        self.assertEqual(self.assert_each_is_stored_or_counted(), 0)

    def test_what_users_say_to_the_journal_is_not_imported(self):
        self.begin()
        forged = f'{journal.REFUSED}\nIPTRACKING_LINE=iptracking/1 event=account user=forged\nMESSAGE=event was refused\n'
        run('setpriv', '--reuid=visitor', '--regid=visitor', '--clear-groups', 'logger', '--journald',
            stdin=None, input=forged)
        self.assertEqual(len(journal.read(journal.REFUSED, 'IPTRACKING_LINE=iptracking/1 event=account user=forged')), 1)
        self.assertEqual(self.assert_each_is_stored_or_counted(), 0)

    def test_a_burst_of_refusals(self):
        self.begin()
        self.daemon_hangs()
        self.assert_refused('first', 1)         # the breaker
        began = time.monotonic()
        self.assert_refused('burst', 5000, at_once=4)
        print(f'measured: {5000 / (time.monotonic() - began):.0f} refusals a second', flush=True)
        self.goes_on()
        self.assert_each_is_stored_or_counted()

    def test_a_burst_of_refusals_while_the_journal_hangs_too(self):
        self.begin()
        self.daemon_hangs()
        self.assert_refused('first', 1)
        self.addCleanup(systemctl, 'kill', '--signal=CONT', JOURNALD)
        systemctl('kill', '--signal=STOP', JOURNALD)
        queue = int(Path('/proc/sys/net/unix/max_dgram_qlen').read_text())
        self.assert_refused('into-the-queue', queue)
        self.assert_refused('in-vain', 80, at_once=40)
        systemctl('kill', '--signal=CONT', JOURNALD)
        self.goes_on()
        self.assertGreater(self.assert_each_is_stored_or_counted(), 0, 'or this test would show nothing')
