# SPDX-License-Identifier: GPL-2.0-or-later
"""`iptracking status` and `iptracking check`, as far as they need neither systemd nor PAM (tests/system/status_test.py)."""
import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from programs import BUILD, CALLBACK, Programs, Sqlite, wait_until

CLIENT = BUILD / 'src/client/iptracking'
CLONE = Path(__file__).resolve().parents[2]
EVENT = 'iptracking/1 event=auth user={} src=192.0.2.7 service=sshd time=1763716655123456\n'


class Asking(Programs):
    def client(self, *words, status=0, program=CLIENT):
        """What it says: on standard output, and on standard error."""
        done = subprocess.run([program, '-c', self.folder / 'iptracking.yml', *words], capture_output=True, text=True, check=False,
                              timeout=60, env={'TZ': 'UTC', 'PATH': os.environ['PATH'], 'STATE_DIRECTORY': str(self.folder / 'state'),
                                               'RUNTIME_DIRECTORY': str(self.folder / 'run')})
        self.assertEqual(done.returncode, status, f'{words}: {done.stdout}{done.stderr}')
        return done.stdout, done.stderr


class Status(Asking):
    def status(self, status=0):
        return json.loads(self.client('status', '-o', 'json', status=status)[0])

    def test_of_a_daemon_that_stores(self):
        store = Sqlite(self.folder)
        daemon = self.daemon(passed=True, config=store.config)
        daemon.write(EVENT.format('alice') * 3 + 'garbage\n')
        wait_until(lambda: daemon.counters().get('events_stored_total') == 3 and
                   daemon.counters().get('events_damaged_total') == 1, what='three rows')
        self.assertEqual(self.status(), {
            'well': True, 'service': None, 'socket': None,
            'pipe': {'file': str(daemon.fifo), 'stalled': False, 'refused': 0, 'lost': 0},
            'pool': {'waiting': 0, 'waiting_bytes': 0},
            'events': {'accepted': 4, 'stored': 3, 'damaged': 1, 'skipped': 0},
            'database': {'driver': 'sqlite3', 'target': f'sqlite3 {store.path}', 'reachable': True, 'trouble': None, 'events': 3,
                         'newest': '2025-11-21T09:17:35.123456+00:00'}})
        said, _ = self.client('status', '--utc')
        self.assertIn(f'sqlite3 {store.path}: 3 events, the newest of 2025-11-21 09:17:35Z (', said)
        self.assertIn('0 events wait (0 bytes)', said)
        self.assertIn('since the start 4 accepted, 3 stored, 1 damaged, 0 skipped', said)

    def test_tells_what_was_refused_and_that_nobody_reads(self):
        store = Sqlite(self.folder)
        daemon = self.daemon(passed=True, config=store.config)
        wait_until(store.path.exists, what='the database')
        wait_until(lambda: daemon.counters().get('taking_events') == 1, what='the daemon')
        Path(f'{daemon.fifo}.refused').write_bytes(b'..')
        Path(f'{daemon.fifo}.lost').write_bytes(b'.')
        Path(f'{daemon.fifo}.stalled').touch()
        found = self.status(status=1)
        self.assertEqual(found['pipe'], {'file': str(daemon.fifo), 'stalled': True, 'refused': 2, 'lost': 1})
        said, _ = self.client('status', status=1)
        self.assertIn('callbacks do not wait any more; since the boot 2 refused, 1 lost', said)
        os.utime(f'{daemon.fifo}.stalled', (1e9, 1e9))
        self.assertFalse(self.status()['pipe']['stalled'], 'they try again')

    def test_of_a_daemon_that_has_gone(self):
        store = Sqlite(self.folder)
        daemon = self.daemon(passed=True, config=store.config)
        daemon.write(EVENT.format('alice'))
        wait_until(lambda: store.count() == 1, what='the row')
        daemon.write('half a line')
        wait_until(lambda: daemon.counters().get('waiting_bytes') == 11, what='half a line')
        self.assertEqual(daemon.stop(), 0)
        found = self.status()
        self.assertIsNone(found['events'])
        self.assertIsNone(found['pool']['waiting'])
        self.assertGreaterEqual(found['pool']['waiting_bytes'], 11)
        self.assertEqual(found['database']['events'], 1)
        self.assertIn('the daemon does not run; up to ', self.client('status')[0])

    def test_without_a_database_it_says_why_and_all_else(self):
        (self.folder / 'iptracking.yml').write_text(Sqlite(self.folder).config)
        found = self.status(status=1)
        self.assertFalse(found['database']['reachable'])
        self.assertIn('is not there', found['database']['trouble'])
        self.assertIsNone(found['database']['events'])

    def test_knows_two_forms(self):
        (self.folder / 'iptracking.yml').write_text('')
        self.assertIn('table (text) and json', self.client('status', '-o', 'csv', status=2)[1])


class Check(Asking):
    """The findings that are looked for, since of systemd and the like there is something wrong always."""

    def setUp(self):
        super().setUp()
        self.callback_path = self.folder / 'iptracking-pam-callback'
        shutil.copy(CALLBACK, self.callback_path)
        self.callback_path.chmod(0o755)
        self.line = f'[default=ignore] pam_exec.so quiet seteuid {self.callback_path}'
        self.pam = self.sub('pam.d')
        self.file = self.pam / 'sshd'
        (self.folder / 'iptracking.yml').write_text(Sqlite(self.folder).config)
        (self.folder / 'iptracking.yml').chmod(0o640)

    def write(self, text, **included):
        self.file.write_text(text.replace('OURS', self.line))
        for name, content in included.items():
            (self.pam / name.replace('_', '-')).write_text(content.replace('OURS', self.line))

    def pam_findings(self):
        """What is wrong in the PAM files, with what mends it."""
        _, said = self.client('check', str(self.file), status=1)
        found = re.split(r'^iptracking: wrong: ', said, flags=re.MULTILINE)
        return [finding for finding in found if 'pam' in finding and 'systemd-tmpfiles' not in finding]

    def assert_right(self):
        self.assertEqual(self.pam_findings(), [])

    def assert_wrong(self, *words):
        findings = self.pam_findings()
        self.assertEqual(len(findings), len(words), findings)
        for finding, some in zip(findings, words):
            self.assertRegex(finding, some)

    def test_lines_that_tools_add_are_right(self):
        for style in ('''auth substack stack\nauth include postlogin\naccount required pam_nologin.so\naccount include stack
session required pam_loginuid.so\nsession include stack\nsession include postlogin\n''',
                      '''@include common-auth\naccount required pam_nologin.so\n@include common-account
session [success=ok ignore=ignore module_unknown=ignore default=bad] pam_selinux.so close
session required pam_loginuid.so\n@include common-session\nsession optional pam_motd.so\n@include common-password\n'''):
            with self.subTest(style):
                self.write(style, postlogin='session optional pam_umask.so\n',
                           stack='''auth required pam_env.so\nauth sufficient pam_unix.so\nauth required pam_deny.so
account sufficient pam_localuser.so\naccount required pam_permit.so\nsession required pam_unix.so\n-session optional pam_systemd.so\n''',
                           common_auth='auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n',
                           common_account='account [success=1 default=ignore] pam_unix.so\naccount requisite pam_deny.so\n',
                           common_session='session [default=1] pam_permit.so\nsession requisite pam_deny.so\nsession required pam_permit.so\n'
                                          'session required pam_unix.so\nsession optional pam_systemd.so\n', common_password='')
                subprocess.run(['bash', '-euc', f". tools/lib.sh; add_pam_lines {self.file} '{self.callback_path} -t 2'"],
                               cwd=CLONE, check=True)
                self.assert_right()

    def test_each_missing_line_is_said_with_its_place(self):
        self.write('auth required pam_unix.so\nauth OURS\n#account OURS\n')
        self.assert_wrong(r'no account line.*before the first line of account belongs:\n {4}account \[default=ignore\] pam_exec.so quiet '
                          r'seteuid /usr/libexec/iptracking-pam-callback\n', 'no session line.*behind the last line of the session stack')

    def test_a_line_in_an_included_file_counts_and_two_are_too_many(self):
        self.write('@include common-auth\naccount OURS\nsession OURS\n', common_auth='auth OURS\nauth required pam_unix.so\n')
        self.assert_right()
        self.write('auth OURS\n@include common-auth\naccount OURS\nsession OURS\n')
        self.assert_wrong('has 2 auth lines.*sshd:1, .*common-auth:1')

    def test_the_callback_has_no_say_in_the_verdict(self):
        for control in ('required', 'sufficient', 'requisite', 'optional', '[success=ok default=ignore]', '[default=die]'):
            self.write(f'auth {self.line.replace("[default=ignore]", control)}\naccount OURS\nsession OURS\n')
            self.assert_wrong(r'sshd:1: .*gives the callback a say in who may log in; it should be:\n {4}auth ')

    def test_quiet_and_seteuid_are_needed_and_passwords_are_not(self):
        self.write(f'auth {self.line.replace("quiet ", "expose_authtok ")}\naccount {self.line.replace("seteuid ", "")}\nsession OURS\n')
        self.assert_wrong("without 'quiet'", 'sends passwords', "without 'seteuid'")

    def test_comments_are_none_of_it(self):
        self.write('auth OURS # expose_authtok\naccount OURS\n# session OURS\nsession OURS \\\n\n')
        self.assert_right()

    def test_what_may_end_the_stack_comes_after_ours(self):
        for before in ('sufficient pam_unix.so', 'requisite pam_nologin.so', '[success=done default=ignore] pam_unix.so',
                       '[success=1 default=ignore] pam_unix.so'):
            self.write(f'auth {before}\nauth OURS\naccount {before}\naccount OURS\nsession OURS\n')
            self.assert_wrong('sshd:2.*may end the stack; put our line before the first line of auth', 'sshd:4.*may end the stack')
        self.write('auth required pam_env.so\nauth OURS\naccount substack more\naccount OURS\nsession OURS\n',
                   more='account sufficient pam_localuser.so\n')
        self.assert_right()
        self.write('auth OURS\naccount include more\naccount OURS\nsession OURS\n')
        self.assert_wrong('sshd:3.*more:1 .sufficient pam_localuser.so. comes first')

    def test_the_session_line_comes_after_logind(self):
        self.write('auth OURS\naccount OURS\nsession OURS\n-session optional pam_systemd.so\n')
        self.assert_wrong(r'sshd:3: comes before pam_systemd.so \(.*sshd:4\)')

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_the_callback_is_roots_and_can_be_run(self):
        self.write('auth OURS\naccount OURS\nsession OURS\n')
        self.assert_right()
        self.callback_path.chmod(0o775)
        self.assert_wrong(*['others than root may change the callback.*\n {4}chown root:root .*; chmod 0755 '] * 3)
        self.callback_path.chmod(0o644)
        self.assert_wrong(*['cannot be run'] * 3)
        self.callback_path.unlink()
        self.assert_wrong(*['is not there'] * 3)

    def test_files_that_include_each_other_and_files_that_are_not_there_are_said(self):
        self.write('@include sshd\n')
        self.assert_wrong('includes itself')
        self.write('@include nothing\n')
        self.assert_wrong("cannot open '.*nothing'")

    def test_a_bad_configuration_is_named_and_all_else_is_looked_at(self):
        (self.folder / 'iptracking.yml').write_text('datebase: 3\n')
        facts, said = self.client('check', str(self.file), status=1)
        self.assertRegex(said, r'wrong: .*iptracking.yml:1:1: unknown key')
        self.assertIn('state folder', facts)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_who_may_change_the_configuration_is_looked_at(self):
        file = self.folder / 'iptracking.yml'
        self.assertNotIn('iptracking.yml (', self.client('check', str(self.file), status=1)[1])
        file.chmod(0o666)
        self.assertRegex(self.client('check', str(self.file), status=1)[1],
                         r'iptracking.yml \(root:root 0666\) can be changed by others than root\n {4}chown root:iptracking .*; chmod 0640 ')
        file.write_text('database: {driver-name: postgresql, password: secret}\n')
        file.chmod(0o644)
        self.assertIn('holds a password and everybody can read it', self.client('check', str(self.file), status=1)[1])

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_without_the_right_it_says_what_it_could_not_see(self):
        self.folder.chmod(0o755)
        (self.folder / 'state').mkdir(mode=0o700)
        (self.folder / 'state/iptracking.sqlite3').touch()
        done = subprocess.run(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', CLIENT, '-c', self.folder / 'iptracking.yml',
                               'check', self.file], capture_output=True, text=True, check=False,
                              env={'STATE_DIRECTORY': str(self.folder / 'state'), 'PATH': os.environ['PATH']})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "could not be seen: you may not read '.*iptracking.yml'")

    def test_the_pipe_has_to_be_one(self):
        fifo = self.folder / 'fifo'
        (self.folder / 'iptracking.yml').write_text(f'fifo-file: {fifo}\n{Sqlite(self.folder).config}')
        findings = lambda: self.client('check', str(self.file), status=1)[1]
        self.assertIn(f'there is no pipe {fifo}\n', findings())
        fifo.touch()
        self.assertIn(f'{fifo} is no pipe\n    rm {fifo}; systemd-tmpfiles', findings())
        fifo.unlink()
        os.mkfifo(fifo)
        fifo.chmod(0o622)
        self.assertIn(f'anybody may write events to {fifo}\n    chmod o-w {fifo}\n', findings())
        fifo.chmod(0o600)
        self.assertNotIn(str(fifo), findings())
