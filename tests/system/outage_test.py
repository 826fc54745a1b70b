# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon that cannot start, or has a broken configuration: nothing is lost, and it is said what is wrong."""
import os
import shutil
import time
import unittest

import database
import machine
from machine import CONFIGURATION, FIFO, SERVICE, run, systemctl, wait_until

DAEMON = '/usr/sbin/iptracking-daemon'


class CannotStart(unittest.TestCase):
    EVENTS = 20

    def setUp(self):
        self.addCleanup(machine.mend)
        database.wait_for_all()
        systemctl('stop', SERVICE)

    def assert_waits_for_mending(self, user, said, mend):
        """Events are taken meanwhile, starts are counted, the status says what is wrong, and then all is stored."""
        systemctl('reset-failed', SERVICE)      # forgets the starts so far
        began = time.monotonic()
        for _ in range(self.EVENTS):
            self.assertEqual(machine.callback(user), 0)
        wait_until(lambda: machine.starts() >= 3, 20, 'three starts in vain')
        starts, seconds = machine.starts(), time.monotonic() - began
        self.assertLessEqual(starts, 2 * seconds + 1, 'starts in a busy loop')
        self.assertTrue(machine.is_active(machine.SOCKET))
        wait_until(lambda: said in run('systemctl', 'status', '--no-pager', SERVICE, check=False).stdout, 10, said)
        mend()
        wait_until(lambda: database.count(user) == self.EVENTS, 20, 'the events in the database')
        database.wait_for_all()
        self.assertEqual(database.count(user), self.EVENTS)

    def test_its_binary_is_missing(self):
        shutil.move(DAEMON, f'{DAEMON}.away')
        self.assert_waits_for_mending('no-binary', '203/EXEC', lambda: shutil.move(f'{DAEMON}.away', DAEMON))

    def test_it_crashes_at_every_start(self):
        machine.drop_in(SERVICE, '[Service]\nExecStart=\nExecStart=/bin/sh -c "kill -ILL $$$$"\n')
        self.assert_waits_for_mending('crash-loop', 'signal=ILL', machine.mend)

    def test_it_is_never_ready(self):
        machine.drop_in(SERVICE, '[Service]\nExecStart=\nExecStart=/bin/sleep infinity\nTimeoutStartSec=1s\n')
        self.assert_waits_for_mending('never-ready', "'timeout'", machine.mend)


class BrokenConfiguration(unittest.TestCase):
    BROKEN = 'database:\n  driver-name: sqlite3\n  filname: /var/lib/iptracking/other.sqlite3\n'
    PLACE = f'{CONFIGURATION}:3:3'

    def setUp(self):
        self.addCleanup(systemctl, 'restart', SERVICE)
        self.addCleanup(CONFIGURATION.write_bytes, CONFIGURATION.read_bytes())
        database.wait_for_all()
        self.good = CONFIGURATION.read_bytes()

    def assert_said(self):
        wait_until(lambda: self.PLACE in machine.status_text(), what='file:line:column in the status')
        self.assertIn(self.PLACE, systemctl('status', '--no-pager', SERVICE).stdout)

    def test_started_with_it_the_daemon_takes_20000_events_and_stores_them_after_a_reload(self):
        CONFIGURATION.write_text(self.BROKEN)
        systemctl('restart', SERVICE)
        pid = machine.main_pid()
        self.assert_said()
        fd = os.open(FIFO, os.O_WRONLY)         # blocking: as fast as the daemon takes them
        for number in range(20_000):
            os.write(fd, f'iptracking/1 event=auth user=many service=test pid={number + 1}\n'.encode())
        os.close(fd)
        self.assert_said()
        self.assertEqual(database.count('many'), 0)
        CONFIGURATION.write_bytes(self.good)
        systemctl('reload', SERVICE)
        wait_until(lambda: database.count('many') >= 20_000, 30, 'the events in the database')
        database.wait_for_all()
        found = database.query("SELECT count(*), count(DISTINCT sshd_pid) FROM inet_log WHERE uid = 'many'")
        self.assertEqual(tuple(found[0]), (20_000, 20_000))
        self.assertEqual(machine.main_pid(), pid)
        wait_until(lambda: self.PLACE not in machine.status_text(), what='another status')

    def test_a_reload_with_it_is_refused_and_the_old_one_stays(self):
        machine.callback('before-refusal')
        pid = wait_until(machine.main_pid, what='the daemon')
        CONFIGURATION.write_text(self.BROKEN)
        systemctl('reload', SERVICE)
        self.assert_said()
        machine.callback('after-refusal')
        database.wait_for_all()
        self.assertEqual(database.count('after-refusal'), 1)
        self.assertEqual(machine.main_pid(), pid)
