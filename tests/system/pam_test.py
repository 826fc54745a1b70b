# SPDX-License-Identifier: GPL-2.0-or-later
"""PAM stacks other than Debian's sshd as it is shipped."""
import os
import pty
import re
import shutil
import signal
import unittest
from pathlib import Path

import machine
from database import Recorded, kinds
from logins import ssh
from machine import CALLBACK, FIFO, run, shell, wait_until

PAM = Path('/etc/pam.d')
BY_PASSWORD = ['auth', 'account', 'open_session', 'close_session']
BY_KEY = BY_PASSWORD[1:]


def keep(test, *files):
    """Puts the files back as they were when the test is over."""
    for file in files:
        old = file.read_bytes() if file.exists() else None
        test.addCleanup(file.unlink, missing_ok=True) if old is None else test.addCleanup(file.write_bytes, old)


class RedHat(unittest.TestCase):
    """Its sshd, password-auth and postlogin, with our lines as tools/lib.sh adds them."""
    PASSWORD_AUTH = '''
auth     required   pam_env.so
auth     required   pam_faildelay.so delay=1000
auth     sufficient pam_unix.so nullok nodelay
auth     required   pam_deny.so
account  required   pam_unix.so
account  sufficient pam_localuser.so
account  required   pam_permit.so
session  optional   pam_keyinit.so revoke
session  required   pam_limits.so
-session optional   pam_systemd.so
session  required   pam_unix.so
'''
    SSHD = '''
auth     substack  password-auth
auth     include   postlogin
account  required  pam_nologin.so
account  include   password-auth
session  required  pam_loginuid.so
session  include   password-auth
session  include   postlogin
'''

    def use(self, sshd):
        keep(self, PAM / 'sshd', PAM / 'password-auth', PAM / 'postlogin')
        (PAM / 'password-auth').write_text(self.PASSWORD_AUTH)
        (PAM / 'postlogin').write_text('session optional pam_umask.so\n')
        (PAM / 'sshd').write_text(sshd)
        machine.add_pam_lines()

    def assert_right(self):
        for what, login, expected in (
                ('wrong password', lambda: ssh(passwords=['wrong']), ['auth']),
                ('unknown user', lambda: ssh('nobody-here', passwords=['wrong']), ['auth']),
                ('wrong, then right', lambda: ssh(passwords=['wrong', 'right']), ['auth', *BY_PASSWORD]),
                ('right password', lambda: ssh(passwords=['right']), BY_PASSWORD),
                ('key', ssh, BY_KEY)):
            with self.subTest(what):
                recorded = Recorded()
                login()
                self.assertEqual(kinds(recorded.rows()), expected)

    def test_with_auth_substack_only_the_authenticated_are_a_success(self):
        self.use(self.SSHD)
        self.assert_right()

    def test_with_auth_include_only_the_authenticated_are_a_success(self):
        self.use(self.SSHD.replace('substack', 'include '))
        self.assert_right()

    def test_a_stack_that_decides_nothing_still_lets_nobody_in(self):
        # "optional" would: the callback's success would be the only verdict after a wrong password.
        self.use('auth sufficient pam_unix.so nullok nodelay\naccount required pam_permit.so\n'
                 'session required pam_permit.so\n')
        recorded = Recorded()
        self.assertFalse(ssh(passwords=['wrong']).succeeded)
        self.assertEqual(kinds(recorded.rows()), ['auth'])
        self.assertTrue(ssh(passwords=['right']).succeeded)

    def test_the_example_that_is_installed_is_what_the_tool_writes(self):
        self.use(self.SSHD)
        ours = [line.split() for line in (PAM / 'sshd').read_text().splitlines() if line]
        example = [line.split() for line in Path('/usr/share/iptracking/pam/sshd-redhat').read_text().splitlines()
                   if line and not line.startswith('#')]
        without_time = [[word for word in line if word not in ('-t', str(machine.TIMEOUT))] for line in ours]
        self.assertEqual([line for line in without_time if line in example], example)


class Debian(unittest.TestCase):
    def test_the_example_that_is_installed_is_what_the_tool_writes(self):
        keep(self, PAM / 'sshd')
        shell(f'add_pam_lines /etc/pam.d/sshd {CALLBACK}')
        ours = [line.split() for line in (PAM / 'sshd').read_text().splitlines()]
        example = [line.split() for line in Path('/usr/share/iptracking/pam/sshd-debian').read_text().splitlines()
                   if line and not line.startswith('#')]
        self.assertEqual([line for line in ours if line in example], example)

    def test_removing_the_lines_leaves_the_file_as_it_was(self):
        keep(self, PAM / 'sshd')
        shell('remove_pam_lines /etc/pam.d/sshd')
        before = (PAM / 'sshd').read_text()
        for _ in range(2):
            machine.add_pam_lines()
        self.assertEqual((PAM / 'sshd').read_text().count(CALLBACK), 3)
        shell('remove_pam_lines /etc/pam.d/sshd')
        self.assertEqual((PAM / 'sshd').read_text(), before)


@unittest.skipUnless(shutil.which('pam-auth-update'), 'there is no pam-auth-update here')
class PamAuthUpdate(unittest.TestCase):
    PROFILES = ['iptracking-attempt', 'iptracking-session']
    COMMON = [PAM / f'common-{name}' for name in ('auth', 'account', 'session', 'session-noninteractive', 'password')]

    def setUp(self):
        keep(self, PAM / 'sshd', *self.COMMON)
        run('pam-auth-update', '--force', '--package')      # from whatever the machine has
        shell('remove_pam_lines /etc/pam.d/sshd')
        for profile in self.PROFILES:
            shutil.copy(f'/usr/share/iptracking/pam/pam-configs/{profile}', '/usr/share/pam-configs')
            self.addCleanup(os.unlink, f'/usr/share/pam-configs/{profile}')
        self.addCleanup(run, 'pam-auth-update', '--package', '--remove', *self.PROFILES)

    @staticmethod
    def modules(kind):
        """The modules of a stack, in their order."""
        return re.findall(rf'^{kind}\s.*?(pam_\w+\.so)', (PAM / f'common-{kind}').read_text(), re.MULTILINE)

    def test_the_profiles_do_nothing_until_they_are_enabled(self):
        run('pam-auth-update', '--package')
        self.assertFalse([file for file in self.COMMON if CALLBACK in file.read_text()])

    def test_enabled_they_stand_first_for_attempts_and_last_for_sessions(self):
        run('pam-auth-update', '--package', '--enable', *self.PROFILES)
        for kind in ('auth', 'account', 'session'):
            self.assertEqual(self.modules(kind).count('pam_exec.so'), 1)
        self.assertEqual(self.modules('auth')[0], 'pam_exec.so')
        self.assertEqual(self.modules('account')[0], 'pam_exec.so')
        self.assertEqual(self.modules('session')[-1], 'pam_exec.so')

    def test_enabled_they_record_the_same_as_lines_in_sshd(self):
        run('pam-auth-update', '--package', '--enable', *self.PROFILES)
        for what, login, expected in (('wrong password', lambda: ssh(passwords=['wrong']), ['auth']),
                                      ('right password', lambda: ssh(passwords=['right']), BY_PASSWORD),
                                      ('key', ssh, BY_KEY)):
            with self.subTest(what):
                recorded = Recorded()
                login()
                rows = [row for row in recorded.rows() if row['service'] == 'sshd']
                self.assertEqual(kinds(rows), expected)


class Su(unittest.TestCase):
    """The callback of su runs while its caller, who is nobody in particular, waits for it."""

    def setUp(self):
        keep(self, PAM / 'su')
        self.addCleanup(machine.mend)
        self.addCleanup(machine.systemctl, 'kill', '--signal=CONT', machine.SERVICE, check=False)
        machine.callback('anybody')
        wait_until(machine.is_active, what='the daemon')
        machine.systemctl('kill', '--signal=STOP', machine.SERVICE)
        machine.fill_pipe()
        machine.forget_stall()

    def caller_kills_callback(self):
        """Whether he can: su in a terminal as visitor, and kill -9 as visitor."""
        child, terminal = pty.fork()
        if child == 0:
            os.execvp('setpriv', ['setpriv', '--reuid=visitor', '--regid=visitor', '--init-groups',
                                  'su', 'neighbour', '-c', 'true'])
        try:
            victim = wait_until(self.running_callback, 20, 'the callback')
            done = run('setpriv', '--reuid=visitor', '--regid=visitor', '--init-groups',
                       'python3', '-c', f'import os; os.kill({victim}, 9)', check=False)
            self.assertIn(done.returncode, (0, 1))
            if done.returncode:
                self.assertIn('PermissionError', done.stderr)
            return done.returncode == 0
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(terminal)

    @staticmethod
    def running_callback():
        return machine.output('pgrep', '--full', f'^{CALLBACK}')

    def test_its_caller_cannot_kill_the_callback(self):
        shell(f"add_pam_lines /etc/pam.d/su '{CALLBACK} -t 8'")
        self.assertFalse(self.caller_kills_callback())

    def test_without_seteuid_he_could(self):
        shell(f"add_pam_lines /etc/pam.d/su '{CALLBACK} -t 8'; sed -i 's/ seteuid//' /etc/pam.d/su; "
              f"chmod 666 {FIFO}")
        self.assertTrue(self.caller_kills_callback())
