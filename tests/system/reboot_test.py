# SPDX-License-Identifier: GPL-2.0-or-later
"""What needs reboots; a class for each boot."""
import os
import stat
import unittest
from pathlib import Path

import database
import machine
from logins import OPTIONS, ssh
from machine import CONFIGURATION, FIFO, SERVICE, SOCKET, STATE, run, shell, systemctl, wait_until
from next_boot import EARLY, UNITS, send_an_early_event, start_sshd_with_the_system

SESSION = "SELECT sshd_pid FROM open_sessions WHERE uid = 'visitor'"
FOLDER, GONE = STATE / 'elsewhere', STATE / 'gone'
BY_KEY = ['account', 'open_session', 'close_session']


def log_in_and_stay():
    """With a client that the shutdown does not end first: it would be on another machine."""
    run('systemd-run', '--quiet', '--unit=client', '--property=DefaultDependencies=no', 'ssh', *OPTIONS, '-N',
        'visitor@127.0.0.1')


class FirstBoot(unittest.TestCase):
    def test_a_login_is_open_when_the_reboot_comes(self):
        start_sshd_with_the_system()
        log_in_and_stay()
        wait_until(lambda: database.count('visitor') and database.query(SESSION), what='the open session')


class SecondBoot(unittest.TestCase):
    def test_the_end_of_the_open_login_was_stored_at_the_reboot(self):
        database.wait_for_all()
        self.assertEqual(database.query(SESSION), [])
        rows = database.query("SELECT * FROM inet_log WHERE uid = 'visitor' ORDER BY id")
        self.assertEqual(database.kinds(rows), ['account', 'open_session', 'close_session'])
        self.assertEqual(len({row['sshd_pid'] for row in rows}), 1)

    def test_pipe_and_socket_are_there_without_anybody_doing_anything(self):
        found = os.stat(FIFO)
        self.assertTrue(stat.S_ISFIFO(found.st_mode))
        self.assertEqual((stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid), (0o600, 0, 0))
        self.assertTrue(machine.is_active(SOCKET))
        self.assertEqual(machine.callback('second-boot'), 0)
        wait_until(lambda: database.count('second-boot') == 1, what='the event in the database')

    @classmethod
    def tearDownClass(cls):
        """For the next boot: an event that is in the pipe before sshd starts, and a daemon that is never ready."""
        send_an_early_event()
        folder = UNITS / f'{SERVICE}.d'
        folder.mkdir()
        (folder / 'test.conf').write_text('[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n')


class ThirdBoot(unittest.TestCase):
    def test_sshd_waits_at_most_5_seconds_for_a_daemon_that_is_never_ready(self):
        waited = machine.seconds_of('ssh.service') - machine.seconds_of(EARLY)
        self.assertGreater(waited, 4, 'or this test would show nothing')
        self.assertLess(waited, 5 + 1)

    def test_the_event_is_stored_once_the_daemon_is_mended(self):
        (UNITS / f'{SERVICE}.d/test.conf').unlink()
        systemctl('daemon-reload')
        wait_until(lambda: database.count('early') == 1, 20, 'the event in the database')


class FourthBoot(unittest.TestCase):
    def test_events_come_while_the_folder_of_the_database_is_gone(self):
        shell(f'install -d -o iptracking -g iptracking -m 0750 {FOLDER}')
        CONFIGURATION.write_text(f'''
database:
  driver-name: sqlite3
  filename: {FOLDER}/logins.sqlite3
log-pool:
  push-wait-seconds:
    min: 1
''')
        systemctl('restart', SERVICE)
        database.PATH = FOLDER / 'logins.sqlite3'
        database.wait_for_all()
        systemctl('stop', SERVICE)
        FOLDER.rename(GONE)
        send_events('before')
        opened = self.opened()
        log_in_and_stay()
        wait_until(lambda: self.opened() == opened + 1, what='the open session in the pool')
        self.assertIn('Keeping events', machine.status_text())

    @staticmethod
    def opened():
        return sum(file.read_text().count('event=open_session') for file in (STATE / 'pool').glob('*.lines'))


def send_events(when):
    for number in range(20):
        assert machine.callback(f'{when}-{number}') == 0
    assert ssh().succeeded


def sent_events(when):
    return [(f'{when}-{number}', 'auth') for number in range(20)] + [('visitor', kind) for kind in BY_KEY]


class FifthBoot(unittest.TestCase):
    maxDiff = None

    def test_once_the_folder_is_back_all_is_stored_in_the_order_in_which_it_came(self):
        send_events('after')
        wait_until(lambda: 'Keeping events' in machine.status_text(), what='the trouble in the status')
        self.assertFalse(FOLDER.exists())
        GONE.rename(FOLDER)
        database.PATH = FOLDER / 'logins.sqlite3'
        expected = [*sent_events('before'), *(('visitor', kind) for kind in BY_KEY), ('early', 'auth'),
                    *sent_events('after')]
        wait_until(lambda: 'Storing events' in machine.status_text(), 20, 'the return to the database')
        database.wait_for_all()
        self.assertEqual(self.stored(), expected)

    @staticmethod
    def stored():
        return [(row['uid'], database.kind(row)) for row in
                database.query("SELECT * FROM inet_log WHERE service IS NOT 'test' ORDER BY id")]


BOOTS = [(FirstBoot,), (SecondBoot,), (ThirdBoot,), (FourthBoot,), (FifthBoot,)]
