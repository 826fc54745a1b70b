# SPDX-License-Identifier: GPL-2.0-or-later
"""`iptracking status` and `iptracking check` where systemd, PAM and sshd are real."""
import json
import re
import shutil
import unittest
from pathlib import Path

import machine
from machine import CONFIGURATION, FIFO, SERVICE, SOCKET, STATE, run, shell, systemctl, wait_until

SSHD = Path('/etc/pam.d/sshd')
AS_VISITOR = ['setpriv', '--reuid=visitor', '--regid=visitor', '--init-groups']


def client(*words, as_user=()):
    return run(*as_user, '/usr/bin/iptracking', *words, check=False)


def status():
    return json.loads(client('status', '-o', 'json').stdout)


def start():
    """One event starts the daemon."""
    machine.write_line('event=auth user=alice service=sshd')
    wait_until(lambda: (status()['events'] or {}).get('stored'), what='the event')


class Status(unittest.TestCase):
    def test_tells_what_systemd_and_the_daemon_say(self):
        start()
        found = status()
        self.assertTrue(found['well'], found)
        self.assertEqual([found['socket'][key] for key in ('load', 'active', 'sub', 'file')], ['loaded', 'active', 'running', 'enabled'])
        self.assertEqual([found['service'][key] for key in ('load', 'active', 'sub')], ['loaded', 'active', 'running'])
        self.assertEqual(found['service']['says'], machine.status_text())
        self.assertRegex(found['service']['since'], r'^\d{4}-\d\d-\d\dT')
        self.assertGreater(found['database']['events'], 0)
        said = client('status')
        self.assertEqual(said.returncode, 0, said.stdout)
        self.assertRegex(said.stdout, r'service +active \(running\) since .*: Storing events')

    def test_of_a_service_that_was_stopped_with_its_socket_is_not_well(self):
        self.addCleanup(machine.mend)
        systemctl('stop', SOCKET, SERVICE)
        self.assertEqual(client('status').returncode, 1)
        self.assertEqual(status()['socket']['active'], 'inactive')

    def test_of_a_visitor_has_all_but_the_database_and_says_what_to_do(self):
        start()
        done = client('status', '-o', 'json', as_user=AS_VISITOR)
        found = json.loads(done.stdout) if done.stdout else {}
        self.assertEqual(found.get('service', {}).get('active'), 'active', done.stderr)
        self.assertIn('usermod -aG iptracking', found['database']['trouble'])

    def test_of_a_system_without_D_Bus_is_roots(self):
        self.addCleanup(systemctl, 'start', 'dbus.socket', 'dbus.service', check=False)
        systemctl('stop', 'dbus.service', 'dbus.socket', check=False)
        Path('/run/dbus/system_bus_socket').unlink(missing_ok=True)
        self.assertEqual(status()['socket']['active'], 'active')


class Check(unittest.TestCase):
    """What is found is mended by the commands that it prints."""

    def setUp(self):
        start()
        self.assert_well()

    def assert_well(self):
        done = client('check')
        self.assertEqual(done.returncode, 0, f'{done.stdout}{done.stderr}')

    def expect(self, words, *services):
        """The finding, which goes away by what it says."""
        done = client('check', *services)
        self.assertEqual(done.returncode, 1, f'{done.stdout}{done.stderr}')
        self.assertRegex(done.stderr, words)
        mends = re.findall(r'^ {4}((?:systemctl|systemd-|chown|chmod|rm) ?.*)$', done.stderr, re.MULTILINE)
        self.assertTrue(mends, done.stderr)
        for line in mends:
            shell(line)
        self.assert_well()

    def test_units(self):
        self.addCleanup(machine.mend)
        systemctl('disable', SOCKET)
        self.expect('iptracking.socket is not enabled')
        systemctl('stop', SERVICE, SOCKET)
        self.expect('iptracking.socket is not active')
        systemctl('stop', SERVICE, SOCKET)
        systemctl('mask', '--runtime', SERVICE)
        self.addCleanup(systemctl, 'unmask', '--runtime', SERVICE)
        self.assertIn('iptracking.service is masked', client('check').stderr)
        systemctl('unmask', '--runtime', SERVICE)

    def test_a_unit_that_was_changed(self):
        file = Path(machine.property_of(SERVICE, 'FragmentPath'))
        file.write_text(f'{file.read_text()}# changed\n')
        self.expect('iptracking.service was changed on disk')

    def test_a_pipe_that_the_socket_does_not_have(self):
        before = CONFIGURATION.read_text()
        self.addCleanup(CONFIGURATION.write_text, before)
        CONFIGURATION.write_text(f'{before}\nfifo-file: /run/elsewhere.fifo\n')
        self.assertIn(f'names the pipe /run/elsewhere.fifo, {SOCKET} has {FIFO}', client('check').stderr)

    def test_files(self):
        for path, owner, mode, words in ((CONFIGURATION, 'root:iptracking', '0666', 'can be changed by others than root'),
                                         (CONFIGURATION, 'root:root', '0600', 'cannot be read by the daemon'),
                                         (STATE, 'root:root', '0700', 'cannot be written by the daemon'),
                                         (STATE, 'iptracking:iptracking', '0777', 'anybody may write to /var/lib/iptracking'),
                                         (STATE / 'iptracking.sqlite3', 'root:root', '0600', 'cannot be written by the daemon'),
                                         (STATE / 'iptracking.sqlite3', 'iptracking:iptracking', '0644', 'anybody may read')):
            with self.subTest(words=words, path=path):
                kept = path.stat()
                run('chown', owner, path)
                run('chmod', mode, path)
                self.expect(words)
                path.chmod(kept.st_mode & 0o7777)

    def test_PAM_lines(self):
        before = SSHD.read_text()
        self.addCleanup(SSHD.write_text, before)
        shell(f'remove_pam_lines {SSHD}')
        said = client('check').stderr
        self.assertEqual(re.findall(r'has no (\w+) line', said), ['auth', 'account', 'session'])
        # As it says: in front of the first, in front of the first, behind the last one.
        lines = re.findall(r'^ {4}((?:auth|account|session) .*)$', said, re.MULTILINE)
        text = SSHD.read_text()
        text = text.replace('@include common-auth', f'{lines[0]}\n@include common-auth', 1)
        text = re.sub('^account', f'{lines[1]}\naccount', text, count=1, flags=re.MULTILINE)
        text = text.replace('@include common-session', f'@include common-session\n{lines[2]}', 1)
        SSHD.write_text(text)
        self.assertEqual(client('check').returncode, 0, client('check').stderr)

    def test_the_profiles_of_pam_auth_update_are_known(self):
        before = SSHD.read_text()
        self.addCleanup(SSHD.write_text, before)
        shell(f'remove_pam_lines {SSHD}')
        profiles = [Path('/usr/share/pam-configs') / name for name in ('iptracking-attempt', 'iptracking-session')]
        for profile in profiles:
            shutil.copy(Path('/usr/share/iptracking/pam/pam-configs') / profile.name, profile)
            self.addCleanup(profile.unlink)
            self.addCleanup(run, 'pam-auth-update', '--package', '--remove', profile.name)
        run('pam-auth-update', '--package', '--enable', *[profile.name for profile in profiles])
        self.assert_well()
        SSHD.write_text(before)
        self.assertIn('has 2 auth lines', client('check').stderr)

    def test_a_visitor_is_told_what_he_could_not_see(self):
        done = client('check', as_user=AS_VISITOR)
        self.assertRegex(done.stderr, 'could not be seen: you may not read ./etc/iptracking.yml.; who is in the group')
        self.assertNotIn('wrong: there is no pipe', done.stderr)
