# SPDX-License-Identifier: GPL-2.0-or-later
"""The units and the pipe."""
import os
import pwd
import random
import signal
import stat
import time
import unittest
from pathlib import Path

import database
import machine
from machine import FIFO, SERVICE, SOCKET, Writer, run, systemctl, wait_until


class Pipe(unittest.TestCase):
    def setUp(self):
        self.addCleanup(machine.mend)

    def assert_is_our_pipe(self):
        found = os.stat(FIFO)
        self.assertTrue(stat.S_ISFIFO(found.st_mode))
        self.assertEqual((stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid), (0o600, 0, 0))
        return found.st_ino

    def test_enabling_the_socket_gives_a_pipe_for_root_alone(self):
        self.assert_is_our_pipe()
        self.assertTrue(machine.is_active(SOCKET))
        self.assertEqual(machine.output('systemctl', 'is-enabled', SOCKET), 'enabled')

    def test_tmpfiles_makes_the_pipe_and_the_socket_takes_it(self):
        systemctl('stop', SERVICE, SOCKET)
        os.unlink(FIFO)
        run('systemd-tmpfiles', '--create', 'iptracking.conf')
        inode = self.assert_is_our_pipe()
        systemctl('start', SOCKET)
        self.assertEqual(self.assert_is_our_pipe(), inode)

    def test_tmpfiles_keeps_a_pipe_and_replaces_anything_else(self):
        inode = self.assert_is_our_pipe()
        run('systemd-tmpfiles', '--create', 'iptracking.conf')
        self.assertEqual(self.assert_is_our_pipe(), inode)
        systemctl('stop', SERVICE, SOCKET)
        os.unlink(FIFO)
        Path(FIFO).write_text('not a pipe')
        run('systemd-tmpfiles', '--create', 'iptracking.conf')
        self.assert_is_our_pipe()

    def test_the_daemon_runs_from_the_first_event_on_and_not_before(self):
        systemctl('stop', SERVICE, SOCKET)
        systemctl('start', SOCKET)
        self.assertEqual(machine.property_of(SERVICE, 'ActiveState'), 'inactive')
        self.assertEqual(machine.callback('first-event'), 0)
        wait_until(machine.is_active, what='the start of the daemon')
        wait_until(lambda: database.count('first-event') == 1, what='the first event in the database')

    def test_it_works_after_every_start_stop_restart_and_reexec(self):
        steps = [['stop', SERVICE], ['start', SERVICE], ['restart', SERVICE], ['reload-or-restart', SERVICE],
                 ['stop', SERVICE, SOCKET], ['start', SOCKET], ['restart', SOCKET], ['daemon-reexec'],
                 ['restart', SERVICE, SOCKET], ['daemon-reload']]
        inode = self.assert_is_our_pipe()
        for number, step in enumerate(steps):
            with self.subTest(' '.join(step)):
                systemctl(*step)
                if SOCKET in step and step[0] == 'stop':
                    continue
                self.assertEqual(machine.callback(f'after-step-{number}'), 0)
                wait_until(lambda: database.count(f'after-step-{number}') == 1, what='the event in the database')
                self.assertEqual(self.assert_is_our_pipe(), inode)

    def test_a_stream_of_events_survives_restart_stop_kill_and_reexec(self):
        with Writer('stream') as writer:
            for _ in range(3):
                systemctl('restart', SERVICE)
                systemctl('stop', SERVICE)
                systemctl('daemon-reexec')
                os.kill(wait_until(machine.main_pid, what='a daemon to kill'), signal.SIGKILL)
        self.assertGreater(writer.written, 100)
        database.wait_for_all()
        self.assertEqual(database.count('stream'), writer.written)


    def test_a_stream_of_events_survives_20_kills(self):
        with Writer('killed', pause=0.0001) as writer:
            for _ in range(20):
                pid = wait_until(machine.main_pid, what='a daemon to kill')
                time.sleep(random.uniform(0, 0.3))      # anywhere: from its start on
                systemctl('kill', '--signal=KILL', SERVICE)
                wait_until(lambda: machine.main_pid() != pid, what='its end')
        database.wait_for_all()
        self.assertEqual(database.numbers('killed'), list(range(1, writer.written + 1)))
        print(f'{writer.written} events in 20 kills', flush=True)


class Service(unittest.TestCase):
    def setUp(self):
        self.addCleanup(machine.mend)

    def test_systemd_analyze_verify_has_nothing_to_say(self):
        has_pages = any(Path('/usr/share/man/man8').glob('iptracking-daemon.8*'))   # they are an option
        done = run('systemd-analyze', 'verify', f'--man={"yes" if has_pages else "no"}', SOCKET, SERVICE,
                   'iptracking-daemon.service')
        self.assertEqual(done.stdout + done.stderr, '')

    def test_its_exposure_is_at_most_0_4(self):
        unit = machine.property_of(SERVICE, 'FragmentPath')
        done = run('systemd-analyze', 'security', '--no-pager', '--offline=yes', '--threshold=4', unit)
        self.assertIn('exposure level', done.stdout)

    def test_the_daemon_is_nobody_and_may_do_nothing(self):
        machine.callback('anybody')
        wait_until(machine.is_active, what='the daemon')    # before that it is still being dressed
        status = Path(f'/proc/{machine.main_pid()}/status').read_text()
        fields = dict(line.split(':\t', 1) for line in status.splitlines())
        user = str(pwd.getpwnam('iptracking').pw_uid)
        self.assertEqual(set(fields['Uid'].split()), {user})
        self.assertEqual({fields[f'Cap{which}'] for which in ('Prm', 'Eff', 'Bnd', 'Amb')}, {'0' * 16})
        self.assertEqual(fields['NoNewPrivs'], '1')

    def test_a_daemon_that_hangs_is_restarted_and_nothing_is_missing(self):
        machine.drop_in(SERVICE, '[Service]\nWatchdogSec=2s\n')
        systemctl('restart', SERVICE)
        hung = machine.main_pid()
        os.kill(hung, signal.SIGSTOP)
        for _ in range(50):
            self.assertEqual(machine.callback('while-hung'), 0)
        wait_until(lambda: machine.main_pid() not in (0, hung), what='another daemon')
        wait_until(lambda: database.count('while-hung') == 50, what='the events in the database')

    def test_reload_is_done_by_the_same_daemon(self):
        machine.callback('before-reload')
        pid = wait_until(machine.main_pid, what='the daemon')
        systemctl('reload', SERVICE)
        machine.callback('after-reload')
        database.wait_for_all()
        self.assertEqual(database.count('after-reload'), 1)
        self.assertEqual(machine.main_pid(), pid)

    def test_the_name_iptracking_daemon_serves_for_status_start_and_enable(self):
        name = 'iptracking-daemon.service'
        systemctl('stop', SERVICE)
        systemctl('start', name)
        self.assertTrue(machine.is_active(SERVICE))
        self.assertIn('active (running)', systemctl('status', name).stdout)
        systemctl('disable', '--quiet', SOCKET)
        systemctl('enable', name)
        self.assertEqual(machine.output('systemctl', 'is-enabled', SOCKET), 'enabled')
