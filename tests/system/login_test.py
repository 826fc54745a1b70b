# SPDX-License-Identifier: GPL-2.0-or-later
"""What real logins leave in the database."""
import json
import os
import pty
import re
import shutil
import subprocess
import unittest
from pathlib import Path

import machine
from database import Recorded, kind, kinds, query
from logins import OPTIONS, sftp, ssh
from machine import run, shell, wait_until

SESSION = ['open_session', 'close_session']
BY_PASSWORD = ['auth', 'account', *SESSION]
BY_KEY = ['account', *SESSION]
LOOPBACKS = ('127.0.0.1', '::1')


class SshLogin(unittest.TestCase):
    def assert_leaves(self, expected, login, host, user='visitor', succeeds=True):
        recorded = Recorded()
        done = login()
        self.assertEqual(done.succeeded, succeeds, done.text)
        rows = recorded.rows()
        self.assertEqual(kinds(rows), expected)
        for row in rows:
            self.assertEqual((row['uid'], row['service'], row['src_ipaddr'], row['dst_ipaddr'], row['dst_port']),
                             (user, 'sshd', host, host, 22))
            self.assertGreater(row['src_port'], 1023)
            self.assertRegex(row['log_date'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$')
        self.assertEqual(len({(row['sshd_pid'], row['src_port']) for row in rows}), 1, 'one connection')
        self.assertEqual({row['outcome'] for row in rows if kind(row) == 'auth'} - {'attempt'}, set())
        self.assertEqual({row['outcome'] for row in rows if kind(row) in SESSION} - {None}, set())
        return rows

    def for_both(self, expected, login, **more):
        for host in LOOPBACKS:
            with self.subTest(host):
                self.assert_leaves(expected, lambda: login(host), host, **more)

    def test_a_good_password_is_attempt_success_open_close(self):
        self.for_both(BY_PASSWORD, lambda host: ssh(host=host, passwords=['right']))

    def test_a_key_is_success_open_close(self):
        self.for_both(BY_KEY, lambda host: ssh(host=host))

    def test_a_wrong_password_is_one_attempt(self):
        self.for_both(['auth'], lambda host: ssh(host=host, passwords=['wrong']), succeeds=False)

    def test_an_unknown_user_is_one_attempt_under_the_name_as_typed(self):
        self.for_both(['auth'], lambda host: ssh('nobody-here', host, ['wrong']), user='nobody-here', succeeds=False)

    def test_a_wrong_key_alone_leaves_nothing(self):
        recorded = Recorded()
        self.assertFalse(ssh('root').succeeded)     # whose key it is not
        self.assertEqual(kinds(recorded.rows()), [])

    def test_sftp_is_a_session_as_any_other(self):
        self.for_both(BY_KEY, lambda host: sftp(host=host))

    def test_keyboard_interactive_is_one_connection_in_all_its_phases(self):
        self.for_both(BY_PASSWORD, lambda host: ssh(host=host, passwords=['right'], method='keyboard-interactive'))

    def test_a_wrong_answer_to_keyboard_interactive_is_one_attempt(self):
        self.for_both(['auth'], lambda host: ssh(host=host, passwords=['wrong'], method='keyboard-interactive'),
                      succeeds=False)

    def test_two_wrong_passwords_and_the_right_one_are_two_failures_one_success_one_session(self):
        rows = self.assert_leaves(['auth'] * 3 + ['account', *SESSION], host='127.0.0.1',
                                  login=lambda: ssh(passwords=['wrong', 'again', 'right']))
        port = rows[0]['src_port']
        self.assertEqual(query('SELECT count(*) FROM failures WHERE src_port = ?', port)[0][0], 2)
        self.assertEqual([row['outcome'] for row in rows].count('success'), 1)
        self.assertEqual(query('SELECT count(*) FROM completed_sessions WHERE src_port = ?', port)[0][0], 1)
        self.assertEqual(query('SELECT count(*) FROM open_sessions WHERE src_port = ?', port)[0][0], 0)

    def test_a_user_cannot_falsify_events_with_an_environment_of_his_own(self):
        environment = Path('/home/visitor/.pam_environment')
        environment.write_text('PAM_TYPE=account\nPAM_USER=root\nPAM_SERVICE=sudo\nPAM_RUSER=root\n'
                               'SSH_CONNECTION="1.2.3.4 1 5.6.7.8 9"\n')
        self.addCleanup(environment.unlink)
        shell("grep -q user_readenv=1 /etc/pam.d/sshd || echo 'session required pam_env.so user_readenv=1' >>/etc/pam.d/sshd")
        recorded = Recorded()
        self.assertTrue(ssh().succeeded)
        rows = recorded.rows()
        self.assertEqual(kinds(rows), BY_KEY)
        self.assertEqual({(row['uid'], row['service'], row['src_ipaddr'], row['ruser']) for row in rows},
                         {('visitor', 'sshd', '127.0.0.1', None)})
        self.assertEqual(query("SELECT count(*) FROM open_sessions WHERE uid = 'visitor'")[0][0], 0)

    def test_a_session_is_open_until_its_client_is_killed(self):
        recorded = Recorded()
        client = subprocess.Popen(['ssh', '-N', *OPTIONS, 'visitor@127.0.0.1'],
                                  stdin=subprocess.DEVNULL)
        self.addCleanup(client.wait)
        self.addCleanup(client.kill)
        opened = "SELECT count(*) FROM open_sessions WHERE uid = 'visitor'"
        wait_until(lambda: query(opened)[0][0] == 1, what='the open session')
        client.kill()
        wait_until(lambda: query(opened)[0][0] == 0, what='the end of the session')
        self.assertEqual(kinds(recorded.rows()), BY_KEY)


class HostileName(unittest.TestCase):
    # Without ":" and "/", since sshd itself cuts a name there.
    NAMES = [
        b'a b', b'x,y', b'"q"', b"'; DROP TABLE inet_log; --", b'$(touch owned)', b'`touch owned`', b'; touch owned',
        b'a\r\x1b[2Kb', b'n' * 300, b'bad\xff\xfe\xc3', 'a\u202egnp.exe'.encode(), 'gr\u00fc\u00dfe'.encode(),
        b'x src=1.2.3.4', b'back\\x20slash', b'%s%n%00', b'-oProxyCommand=true',
    ]
    # What the ssh client does not let through, or sshd cuts; others may not.
    MORE_NAMES = [
        b'two\nlines', b'a\niptracking/1 event=open_session user=root src=1.2.3.4',
        b'a iptracking/1 event=open_session user=root', b'../../etc/passwd', b'',
    ]

    @staticmethod
    def typed(stored):
        """Stored text, undone to the bytes that were typed."""
        return re.sub(rb'\\x([0-9A-Fa-f]{2})', lambda hit: bytes([int(hit[1], 16)]), stored.encode())

    def assert_stored(self, name, cause, source):
        recorded = Recorded()
        done = cause()
        rows = recorded.rows()
        self.assertEqual(kinds(rows), ['auth'], done)
        stored = rows[0]['uid']
        self.assertEqual(b'' if stored == '<<EMPTY>>' else self.typed(stored), name)
        self.assertTrue(not re.search(r'[\x00-\x1f\x7f]', stored), 'no control characters')
        self.assertEqual(rows[0]['src_ipaddr'], source)

    def test_names_of_strangers_are_stored_as_text_and_can_be_undone(self):
        for name in self.NAMES:
            with self.subTest(name):
                self.assert_stored(name, lambda: ssh(name, passwords=['wrong']).text, '127.0.0.1')
        for name in self.MORE_NAMES:
            with self.subTest(name):
                self.assert_stored(name, lambda: machine.callback(name), '192.0.2.7')
        for folder in ('/', '/root', '/tmp', '/home/visitor', '/var/lib/iptracking', '/run'):
            self.assertFalse(os.path.exists(f'{folder}/owned'))

    def test_a_name_of_20000_bytes_is_cut_and_flagged(self):
        recorded = Recorded()
        ssh(b'\xff' * 20000, passwords=['wrong'])
        rows = recorded.rows()
        self.assertEqual(kinds(rows), ['auth'])
        self.assertEqual(self.typed(rows[0]['uid']), b'\xff' * 512)
        self.assertNotIn(rows[0]['flags'], (0, None, ''))

    def test_nothing_breaks_the_lines_of_the_journal(self):
        for name in self.NAMES + self.MORE_NAMES:
            machine.callback(name)
            machine.write_line(b'garbage of ' + name)
        machine.systemctl('restart', machine.SERVICE)
        lines = run('journalctl', '-o', 'json', '--all', '-u', machine.SERVICE).stdout.splitlines()
        self.assertGreater(len(lines), 2)
        for line in lines:
            message = json.loads(line)['MESSAGE']
            self.assertIsInstance(message, str, 'a list of bytes stands for what is no text')
            self.assertTrue(not re.search(r'[\x00-\x1f\x7f]', message), message)


class LocalService(unittest.TestCase):
    def assert_local(self, service, command, expected, **fields):
        machine.add_pam_lines(service)
        self.addCleanup(shell, f'remove_pam_lines /etc/pam.d/{service}')
        recorded = Recorded()
        command()
        rows = [row for row in recorded.rows() if row['service'] == service]
        self.assertEqual(kinds(rows), expected)
        for row in rows:
            self.assertEqual((row['src_ipaddr'], row['src_port'], row['dst_ipaddr'], row['dst_port']), (None,) * 4)
            for name, value in fields.items():
                self.assertEqual(row[name], value, name)
        return rows

    def test_su_is_recorded_without_an_address(self):
        rows = self.assert_local('su', lambda: run('su', 'visitor', '-c', 'true'), ['auth', *BY_KEY], uid='visitor',
                                 ruser='root')
        self.assertEqual(len({row['sshd_pid'] for row in rows}), 1)

    def test_su_on_a_terminal_says_which(self):
        def on_a_terminal():
            pty.spawn(['su', 'visitor', '-c', 'true'], lambda fd: os.read(fd, 1024), lambda fd: b'')
        rows = self.assert_local('su', on_a_terminal, ['auth', *BY_KEY], uid='visitor')
        self.assertRegex(rows[-1]['tty'], r'pts/\d+')

    @unittest.skipUnless(shutil.which('sudo'), 'sudo is not installed')
    def test_sudo_is_recorded_without_an_address(self):
        with open('/etc/sudoers.d/visitor', 'w') as sudoers:
            sudoers.write('visitor ALL=(ALL) NOPASSWD: ALL\n')
        self.addCleanup(os.unlink, '/etc/sudoers.d/visitor')
        rows = self.assert_local('sudo', lambda: run('setpriv', '--reuid=visitor', '--regid=visitor', '--init-groups',
                                                     'sudo', 'true'), BY_KEY, ruser='visitor')
        self.assertEqual([row['uid'] for row in rows], ['visitor', 'root', 'root'])

    @unittest.skipUnless(shutil.which('cron'), 'cron is not installed')
    def test_cron_is_recorded_without_an_address(self):
        machine.add_pam_lines('cron')
        self.addCleanup(shell, 'remove_pam_lines /etc/pam.d/cron')
        recorded = Recorded()
        with open('/etc/cron.d/throwaway', 'w') as table:
            table.write('@reboot visitor true\n')
        run('systemctl', 'restart', 'cron.service')
        wait_until(lambda: 'close_session' in kinds(recorded.rows()), what='the end of the job')
        rows = recorded.rows()
        self.assertEqual(kinds(rows), BY_KEY)
        self.assertEqual({(row['service'], row['uid'], row['tty'], row['src_ipaddr']) for row in rows},
                         {('cron', 'visitor', 'cron', None)})
