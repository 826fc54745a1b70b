# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever is broken, a login goes on: it waits at most the callback's time-out, and the next not at all."""
import os
import shutil
import subprocess
import unittest
from pathlib import Path

import machine
from database import Recorded
from logins import ssh
from machine import CALLBACK, FIFO, SERVICE, SOCKET, STATE, TIMEOUT, run, systemctl, wait_until

EVENTS = 3          # of a login by key
NOISE = 1.2         # seconds that a login may take longer on a busy machine; less than TIMEOUT


def refused():
    try:
        return os.stat(f'{FIFO}.refused').st_size
    except FileNotFoundError:
        return 0


class Login(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.usual = max(ssh(passwords=['right']).seconds for _ in range(4))     # takes longer than by key

    def setUp(self):
        self.addCleanup(machine.mend)
        self.recorded = Recorded()
        machine.forget_stall()
        self.refused = refused()

    def assert_login_goes_on(self, waits, mend, sends=EVENTS, **how):
        """Two logins in trouble; what their callbacks called safe is stored once it is mended.

        waits: how many seconds the first may wait."""
        first, second = ssh(**how), ssh(**how)
        self.assertTrue(first.succeeded and second.succeeded, first.text + second.text)
        self.assertLess(first.seconds, self.usual + NOISE + waits)
        if waits:
            self.assertGreater(first.seconds, TIMEOUT)      # or this test would show nothing
        self.assertLess(second.seconds, self.usual + NOISE)
        mend()
        acknowledged = 2 * sends - (refused() - self.refused)
        wait_until(lambda: len(self.recorded.rows()) >= acknowledged, 30, 'what was acknowledged')
        self.assertEqual(len(self.recorded.rows()), acknowledged)
        return acknowledged

    def test_daemon_missing(self):
        daemon = '/usr/sbin/iptracking-daemon'
        systemctl('stop', SERVICE)
        shutil.move(daemon, f'{daemon}.away')
        acknowledged = self.assert_login_goes_on(0, lambda: shutil.move(f'{daemon}.away', daemon))
        self.assertEqual(acknowledged, 2 * EVENTS)

    def test_callback_missing(self):
        shutil.move(CALLBACK, f'{CALLBACK}.away')
        self.assert_login_goes_on(0, lambda: shutil.move(f'{CALLBACK}.away', CALLBACK), sends=0)

    def test_pipe_missing(self):
        os.unlink(FIFO)
        acknowledged = self.assert_login_goes_on(0, self.tmpfiles_and_restart)
        self.assertEqual(acknowledged, 0)

    def test_pipe_is_a_regular_file(self):
        os.unlink(FIFO)
        Path(FIFO).touch(mode=0o600)
        acknowledged = self.assert_login_goes_on(0, self.assert_empty_and_mend)
        self.assertEqual(acknowledged, 0)

    def assert_empty_and_mend(self):
        self.assertEqual(Path(FIFO).read_bytes(), b'')
        self.tmpfiles_and_restart()

    @staticmethod
    def tmpfiles_and_restart():
        run('systemd-tmpfiles', '--create', 'iptracking.conf')
        systemctl('restart', SOCKET)

    def test_nobody_holds_the_pipe(self):
        systemctl('stop', SOCKET, SERVICE)
        acknowledged = self.assert_login_goes_on(TIMEOUT, lambda: systemctl('start', SOCKET))
        self.assertEqual(acknowledged, 0)

    def test_pipe_full_and_daemon_stopped(self):
        self.stop_daemon_and_fill_pipe()
        acknowledged = self.assert_login_goes_on(TIMEOUT, self.go_on)
        self.assertEqual(acknowledged, 0)

    def test_pipe_full_and_daemon_stopped_with_a_password(self):
        # sshd rounds the time of an attempt that took less than 5 s up, to hide what it depends on: up to twice.
        self.stop_daemon_and_fill_pipe()
        self.assert_login_goes_on(2 * TIMEOUT, self.go_on, sends=EVENTS + 1, passwords=['right'])

    def stop_daemon_and_fill_pipe(self):
        machine.callback('starts-it', PAM_SERVICE='test')
        wait_until(machine.is_active, what='the daemon')
        systemctl('kill', '--signal=STOP', SERVICE)
        self.addCleanup(self.go_on)
        machine.fill_pipe()

    @staticmethod
    def go_on():
        systemctl('kill', '--signal=CONT', SERVICE, check=False)

    def test_database_directory_read_only(self):
        systemctl('stop', SERVICE)
        run('mount', '--bind', STATE, STATE)
        self.addCleanup(run, 'umount', '--lazy', STATE, check=False)
        run('mount', '-o', 'remount,bind,ro', STATE)

        def mend():
            run('mount', '-o', 'remount,bind,rw', STATE)
            systemctl('restart', SERVICE)

        acknowledged = self.assert_login_goes_on(0, mend)
        self.assertEqual(acknowledged, 2 * EVENTS)
        systemctl('stop', SERVICE)
        run('umount', STATE)

    def test_disk_full(self):
        def leave():
            systemctl('stop', SERVICE, check=False)
            run('umount', '--lazy', STATE, check=False)

        systemctl('stop', SERVICE)
        run('mount', '-t', 'tmpfs', '-o', 'size=8M,mode=750,uid=iptracking,gid=iptracking', 'tmpfs', STATE)
        self.addCleanup(leave)
        self.recorded = Recorded()
        subprocess.run(['dd', 'if=/dev/zero', f'of={STATE}/filler', 'bs=4k'], check=False, stderr=subprocess.DEVNULL)
        self.assertEqual(shutil.disk_usage(STATE).free, 0)
        acknowledged = self.assert_login_goes_on(0, (STATE / 'filler').unlink)
        self.assertEqual(acknowledged, 2 * EVENTS)
