# SPDX-License-Identifier: GPL-2.0-or-later
"""Installing, who may read, and removing."""
import grp
import os
import shutil
import signal
import sqlite3
import sys
import unittest
from pathlib import Path

import database
import machine
from logins import ssh
from machine import CONFIGURATION, SERVICE, SOCKET, STATE, run, shell, systemctl, wait_until

BUILD = sys.argv[1]


def install():
    run('meson', 'install', '-C', BUILD, '--no-rebuild', '--quiet')


class Configuration(unittest.TestCase):
    def setUp(self):
        template = CONFIGURATION.read_bytes()
        self.addCleanup(CONFIGURATION.write_bytes, template)

    def test_the_template_is_for_root_and_the_group(self):
        found = CONFIGURATION.stat()
        self.assertEqual((found.st_mode & 0o7777, found.st_uid, found.st_gid),
                         (0o640, 0, grp.getgrnam('iptracking').gr_gid))

    def test_installing_again_keeps_a_changed_file(self):
        CONFIGURATION.write_text(CONFIGURATION.read_text() + '# changed here\n')
        CONFIGURATION.chmod(0o600)
        before = CONFIGURATION.read_text()
        install()
        self.assertEqual(CONFIGURATION.read_text(), before)
        self.assertEqual(CONFIGURATION.stat().st_mode & 0o7777, 0o600)
        CONFIGURATION.chmod(0o640)

    def test_a_file_that_was_removed_comes_back_as_the_template(self):
        before = CONFIGURATION.read_text()
        CONFIGURATION.unlink()
        install()
        self.assertEqual(CONFIGURATION.read_text(), before)
        self.test_the_template_is_for_root_and_the_group()

    def test_installing_over_a_running_system_loses_no_event(self):
        with machine.Writer('while-installing') as writer:
            install()
        database.wait_for_all()
        self.assertGreater(writer.written, 10)
        self.assertEqual(database.count('while-installing'), writer.written)


class Upgrade(unittest.TestCase):
    """A changed daemon is installed over the running one, while events come."""
    BUILT = Path(BUILD, 'src/daemon/iptracking-daemon')
    INSTALLED = Path('/usr/sbin/iptracking-daemon')

    def setUp(self):
        self.addCleanup(systemctl, 'restart', SERVICE)
        self.addCleanup(install)
        kept = self.BUILT.with_suffix('.kept')
        shutil.copy2(self.BUILT, kept)
        self.addCleanup(kept.replace, self.BUILT)
        machine.callback('before-upgrade')
        wait_until(machine.is_active, what='the daemon')

    def upgrade(self):
        """Step by step; returns once the new one runs."""
        old = self.INSTALLED.read_bytes()
        run('strip', self.BUILT)
        install()
        self.assertNotEqual(self.INSTALLED.read_bytes(), old)
        pid = machine.main_pid()
        self.assertEqual(os.readlink(f'/proc/{pid}/exe'), f'{self.INSTALLED} (deleted)')
        systemctl('try-reload-or-restart', SERVICE)     # the old one reads its configuration again
        self.assertEqual(machine.main_pid(), pid)
        systemctl('restart', SERVICE)
        running = Path(f'/proc/{machine.main_pid()}/exe')
        self.assertEqual(os.readlink(running), str(self.INSTALLED))
        self.assertEqual(running.read_bytes(), self.INSTALLED.read_bytes())

    def assert_all_stored_once(self, writer):
        database.wait_for_all()
        self.assertGreater(writer.written, 100)
        self.assertEqual(database.numbers(writer.user), list(range(1, writer.written + 1)))
        print(f'{writer.written} events meanwhile', flush=True)

    def test_no_event_is_lost_or_doubled(self):
        with machine.Writer('upgrade') as writer:
            self.upgrade()
        self.assert_all_stored_once(writer)

    def test_no_event_is_lost_or_doubled_while_the_database_is_locked(self):
        lock = sqlite3.connect(database.PATH, isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute('BEGIN IMMEDIATE')
        with machine.Writer('locked-upgrade') as writer:
            wait_until(lambda: 'Keeping events' in machine.status_text(), what='the lock in the status')
            self.upgrade()
            self.assertEqual(database.count(writer.user), 0)
            lock.execute('ROLLBACK')
        self.assert_all_stored_once(writer)


class Readers(unittest.TestCase):
    """neighbour is a member of the group, visitor is not."""

    @classmethod
    def setUpClass(cls):
        run('gpasswd', '-a', 'neighbour', 'iptracking')

    def setUp(self):
        self.addCleanup(machine.mend)
        machine.callback('to-be-read')
        database.wait_for_all()

    @staticmethod
    def reads(user):
        """Whether the user reads every event with a plain read-only connection."""
        done = run('setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups', '/usr/bin/python3', '-c', f'''
import sqlite3
database = sqlite3.connect("file:{database.PATH}?mode=ro", uri=True)
assert database.execute("SELECT count(*) FROM inet_log WHERE uid = 'to-be-read'").fetchone()[0] >= 1''', check=False)
        return done.returncode == 0

    def assert_only_members_read(self):
        self.assertTrue(self.reads('neighbour'))
        self.assertFalse(self.reads('visitor'))

    def test_members_read_while_the_daemon_runs(self):
        self.assertTrue(machine.is_active())
        self.assert_only_members_read()

    def test_members_read_after_it_stopped(self):
        systemctl('stop', SERVICE, SOCKET)
        self.assert_only_members_read()

    def test_members_read_after_it_was_killed(self):
        machine.drop_in(SERVICE, '[Service]\nRestart=no\n')
        os.kill(machine.main_pid(), signal.SIGKILL)
        wait_until(lambda: machine.main_pid() == 0, what='its end')
        self.assert_only_members_read()

    def test_nobody_else_sees_what_waits_or_what_is_stored(self):
        for path in (STATE, STATE / 'pool', database.PATH):
            self.assertEqual(path.stat().st_mode & 0o007, 0, path)
        self.assertEqual((STATE / 'pool').stat().st_mode & 0o777, 0o700)


class Removal(unittest.TestCase):
    def test_uninstalling_leaves_data_and_configuration_and_nothing_else(self):
        log = Path(BUILD, 'meson-logs/install-log.txt').read_text().splitlines()
        installed = {Path(line) for line in log if line.startswith('/')}
        self.assertGreater(len([path for path in installed if path.is_file()]), 8)
        ssh()
        database.wait_for_all()
        rows = database.query('SELECT count(*) FROM inet_log')[0][0]

        said = run(machine.CLONE / 'tools/quickstart', '--uninstall').stdout
        self.assertEqual([path for path in installed if not path.is_dir() and os.path.lexists(path)], [])
        self.assertEqual([path for path in Path('/run').glob('iptracking*')], [])
        self.assertNotIn('iptracking', ''.join(file.read_text() for file in Path('/etc/pam.d').iterdir()))
        for unit in (SERVICE, SOCKET, 'iptracking-daemon.service'):
            self.assertEqual(machine.property_of(unit, 'LoadState'), 'not-found')
        self.assertEqual(list(Path('/etc/systemd/system').rglob('iptracking*')), [])
        self.assertEqual(database.query('SELECT count(*) FROM inet_log')[0][0], rows)
        for kept in (CONFIGURATION, STATE):
            self.assertTrue(kept.exists())
            self.assertIn(str(kept), said)
        self.assertTrue(ssh().succeeded)

        run(machine.CLONE / 'tools/quickstart', '--uninstall')      # once more does no harm
        install()
        systemctl('enable', '--now', '--quiet', SOCKET)
        machine.add_pam_lines()
        recorded = database.Recorded()
        self.assertTrue(ssh().succeeded)
        self.assertEqual(len(recorded.rows()), 3)


class Examples(unittest.TestCase):
    def test_a_rotated_csvfile_is_followed(self):
        self.addCleanup(lambda: systemctl('restart', SERVICE))
        self.addCleanup(CONFIGURATION.write_bytes, CONFIGURATION.read_bytes())
        file = Path('/var/log/iptracking/logins.csv')
        CONFIGURATION.write_text(f'database:\n  driver-name: csvfile\n  filename: {file}\n')
        machine.callback('starts-it')
        systemctl('reload', SERVICE)
        machine.callback('before-rotation')
        wait_until(lambda: file.exists() and 'before-rotation' in file.read_text(), what='the first line')
        rotated = file.rename(file.with_suffix('.csv.1'))
        systemctl('try-reload-or-restart', SERVICE)     # as the example for logrotate does
        machine.callback('after-rotation')
        wait_until(lambda: file.exists() and 'after-rotation' in file.read_text(), what='the line in the new file')
        self.assertNotIn('after-rotation', rotated.read_text())
        systemctl('stop', SERVICE)
        systemctl('try-reload-or-restart', SERVICE)     # is no failure for a service that does not run

    def test_a_csvfile_elsewhere_works_with_the_drop_in(self):
        self.addCleanup(machine.mend)
        self.addCleanup(lambda: systemctl('restart', SERVICE))
        self.addCleanup(CONFIGURATION.write_bytes, CONFIGURATION.read_bytes())
        shell('install -d -o iptracking -g iptracking -m 0750 /srv/logins')
        CONFIGURATION.write_text('database:\n  driver-name: csvfile\n  filename: /srv/logins/logins.csv\n')
        machine.drop_in(SERVICE, Path('/usr/share/doc/iptracking/examples/csvfile-elsewhere.conf').read_text())
        systemctl('restart', SERVICE)
        machine.callback('elsewhere')
        file = Path('/srv/logins/logins.csv')
        wait_until(lambda: file.exists() and 'elsewhere' in file.read_text(), what='the line')
