# SPDX-License-Identifier: GPL-2.0-or-later
"""`iptracking db import`: what files tell of logins becomes rows, once."""
import contextlib
import gzip
import os
import re
import resource
import sqlite3
import struct
import subprocess
import time
import types
import unittest
from datetime import datetime, timezone

from client_test import CLIENT, Client, OnPostgres
from programs import DRIVERS, Run, SANITIZED, Sqlite, wait_until

PAM = 'authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7'
FROM = 'from 192.0.2.7 port 1025 ssh2'
# A line of each form of OpenSSH 5.3 to 10, and what comes of it: f(ailure), s(uccess), o(pened), c(losed), or nothing.
FORMS = [
    (f'Accepted password for alice {FROM}', 's'),
    (f'Accepted publickey for alice {FROM}: RSA aa:bb:cc', 's'),
    (f'Accepted publickey for alice {FROM}: ED25519 SHA256:abc', 's'),
    (f'Accepted publickey for alice {FROM}: ED25519-CERT SHA256:abc ID key (serial 7) CA RSA SHA256:def', 's'),
    (f'Accepted gssapi-with-mic for alice {FROM}: alice@EXAMPLE.ORG', 's'),
    (f'Accepted keyboard-interactive/pam for alice {FROM} [preauth]', 's'),
    (f'Failed password for alice {FROM}', 'f'),
    (f'Failed password for invalid user bob {FROM}', 'f'),
    (f'Failed keyboard-interactive/pam for invalid user bob {FROM}', 'f'),
    (f'Failed publickey for alice {FROM}: RSA SHA256:abc', 'f'),
    (f'message repeated 2 times: [ Failed password for root {FROM}]', 'ff'),
    (f'Failed none for invalid user bob {FROM}', ''),
    (f'Postponed keyboard-interactive for alice {FROM} [preauth]', ''),
    (f'Partial publickey for alice {FROM}: RSA SHA256:abc', ''),
    ('Accepted key ED25519 SHA256:abc found at /home/alice/.ssh/authorized_keys:1', ''),
    ('Invalid user bob from 192.0.2.7', ''),
    ('Invalid user  from 192.0.2.7 port 1025', ''),
    ('input_userauth_request: invalid user bob [preauth]', ''),
    ('User alice from 192.0.2.7 not allowed because not listed in AllowUsers', ''),
    ('User alice not allowed because account is locked', ''),
    ('ROOT LOGIN REFUSED FROM 192.0.2.7', 'f'),
    ('ROOT LOGIN REFUSED FROM 192.0.2.7 port 1025 [preauth]', 'f'),
    (f'error: maximum authentication attempts exceeded for alice {FROM} [preauth]', ''),
    ('error: PAM: Authentication failure for alice from 192.0.2.7', 'f'),
    ('error: PAM: User not known to the underlying authentication module for illegal user bob from client.example', 'f'),
    ('fatal: Access denied for user alice by PAM account configuration [preauth]', 'f'),
    ('Connection closed by 192.0.2.7', ''),
    ('Connection closed by authenticating user alice 192.0.2.7 port 1025 [preauth]', ''),
    ('Connection reset by invalid user bob 192.0.2.7 port 1025 [preauth]', ''),
    ('Disconnected from user alice 192.0.2.7 port 1025', ''),
    ('Disconnecting invalid user bob 192.0.2.7 port 1025: Too many authentication failures [preauth]', ''),
    ('Received disconnect from 192.0.2.7: 11: Bye Bye', ''),
    ('Received disconnect from 192.0.2.7 port 1025:11: disconnected by user [postauth]', ''),
    ('Did not receive identification string from 192.0.2.7', ''),
    ('banner exchange: Connection from 192.0.2.7 port 1025: invalid format', ''),
    ('Unable to negotiate with 192.0.2.7 port 1025: no matching cipher found. Their offer: 3des-cbc [preauth]', ''),
    ('fatal: Timeout before authentication for 192.0.2.7 port 1025', ''),
    ('Timeout before authentication for connection from 192.0.2.7 to 198.51.100.5, pid = 42', ''),
    ('drop connection #10 from [192.0.2.7]:1025 on [198.51.100.5]:22 past MaxStartups', ''),
    ('drop connection #0 from [192.0.2.7]:1025 on [198.51.100.5]:22 penalty: failed authentication', ''),
    ('Connection from 192.0.2.7 port 1025 on 198.51.100.5 port 22 rdomain ""', ''),
    ('User child is on pid 4242', ''),
    ("Starting session: subsystem 'sftp' for alice from 192.0.2.7 port 1025 id 0", ''),
    ('Starting session: shell on pts/1 for alice from 192.0.2.7 port 1025 id 0', ''),
    (f'pam_sss(sshd:auth): {PAM} user=carol', 'f'),
    ('pam_unix(sshd:auth): check pass; user unknown', ''),
    ('PAM service(sshd) ignoring max retries; 6 > 3', ''),
    ('pam_unix(sshd:session): session opened for user alice by (uid=0)', 'o'),
    ('pam_unix(sshd:session): session opened for user alice(uid=1000) by root(uid=0)', 'o'),
    ('pam_unix_ng(sshd:session): session opened for user alice(uid=1000) by (uid=0)', 'o'),
    ('pam_unix(sshd:session): session closed for user alice', 'c'),
]
WORDS = {'f': 'attempts that failed', 's': 'successes', 'o': 'sessions opened', 'c': 'sessions closed'}


def record(kind, pid, user=b'', seconds=1_700_000_000, line=b'pts/0', host=b'192.0.2.7', address=bytes((192, 0, 2, 7))):
    """Of wtmp and btmp on x86."""
    return struct.pack('<hxxi32s4s32s256siiii16s20x', kind, pid, line, b'', user, host, 0, 0, seconds, 0, address)


BOOT, FAILED, LOGIN, LOGOUT = 2, 6, 7, 8


class Importing(Client):
    def setUp(self):
        super().setUp()
        self.database = self.folder / 'imported.sqlite3'
        self.chosen = f'database: {{driver-name: sqlite3, filename: {self.database}}}\n'

    def import_(self, *words, config=None, **arguments):
        """What it says, as {words: number}; with the sources one after the other, the sums."""
        self.said = self.client('db', 'import', *words, config=config or self.chosen, **arguments)
        found = {}
        for name, number in re.findall(r'^ +(\w.*?) +(\d+)$', self.said, re.M):
            found[name] = found.get(name, 0) + int(number)
        return found

    def give_the_database_away(self):
        """To a folder of somebody else, whom root becomes; gives that folder."""
        folder = self.sub('state')
        os.chown(folder, 65534, 65534)
        os.chmod(self.folder, 0o755)
        self.database = folder / 'iptracking.sqlite3'
        self.chosen = f'database: {{driver-name: sqlite3, filename: {self.database}}}\n'
        return folder

    @contextlib.contextmanager
    def timed(self, what):
        """.seconds of the processor, since other tests run beside this one."""
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        timed = types.SimpleNamespace()
        yield timed
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        timed.seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        print(f'measured: {what}: {time.monotonic() - began:.2f} s, {timed.seconds:.2f} s of the processor', flush=True)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def auth_log(self, *messages, name='auth.log', stamp='2025-11-20T00:53:{:02}.000000Z', first_pid=100, host='srv-1'):
        """A file with these, each of a connection of its own."""
        return self.write(name, ''.join(f'{stamp.format(i)} {host} sshd[{first_pid + i}]: {message}\n'
                                        for i, message in enumerate(messages)))

    def query(self, sql):
        connection = sqlite3.connect(f'file:{self.database}?mode=ro', uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def rows(self, columns='uid, outcome, src_ipaddr, src_port, origin'):
        return self.query(f'SELECT {columns} FROM inet_log ORDER BY log_date, id')


class AuthLog(Importing):
    def test_a_line_of_each_form_is_what_it_stands_for(self):
        log = self.auth_log(*(message for message, _ in FORMS))
        found = self.import_('--auth-log', log)
        for letter, words in WORDS.items():
            self.assertEqual(found.get(words, 0), sum(events.count(letter) for _, events in FORMS), words)
        self.assertEqual(found['lines'], len(FORMS))
        self.assertNotIn('not understood', found)
        self.assertEqual(found['imported'], sum(len(events) for _, events in FORMS))
        self.assertEqual(self.import_('--auth-log', log)['imported'], 0)

    def test_a_name_that_looks_like_a_line_fools_nobody(self):
        name = 'x from 1.2.3.4 port 5 ssh2'
        self.import_('--auth-log', self.auth_log(f'Invalid user {name} {FROM[:-5]}', f'Failed password for invalid user {name} {FROM}',
                                            f'error: PAM: Authentication failure for illegal user {name} from 192.0.2.7'))
        self.assertEqual(self.rows('uid, src_ipaddr'), [(name, '192.0.2.7')] * 2)

    def test_names_keep_their_bytes(self):
        self.import_('--auth-log', self.auth_log(f'Failed password for invalid user a\\r\\033[2K\\\\b\\377 {FROM}',
                                            f'Failed password for invalid user gr\\303\\274n {FROM}',
                                            f'Failed password for invalid user  {FROM}', f'Failed password for {"n" * 100} {FROM}'))
        self.assertEqual(self.rows('uid, flags'), [('a\\x0d\\x1b[2K\\x5cb\\xff', 0), ('gr\u00fcn', 0), ('<<EMPTY>>', 1), ('n' * 100, 2)])

    def test_what_is_not_understood_is_counted_and_shown_without_control_characters(self):
        log = self.auth_log(f'Failed password for alice {FROM}', *(f'nobody knows \x1b[2J\u202e this {i}' for i in range(8)))
        with open(log, 'a') as more:
            more.write('-- Boot 1 --\n2025-11-20T00:54:00Z srv-1 CRON[7]: pam_unix(cron:session): session opened for user root\n')
        found = self.import_('--auth-log', log)
        self.assertEqual((found['lines'], found['not understood'], found['of others'], found['imported']), (11, 9, 1, 1))
        self.assertIn('nobody knows \\x1b[2J', self.said)
        self.assertEqual(self.said.count('nobody knows'), 5)
        self.assertIn('and 4 more', self.said)
        self.assertNotIn('\x1b', self.said)
        self.assertNotIn('\u202e', self.said)

    def test_both_stamps_in_one_file_and_years_counted_back_from_its_time(self):
        log = self.write('auth.log', ''.join(f'{stamp} srv-1 sshd[{100 + i}]: Failed password for alice {FROM}\n' for i, stamp in enumerate((
            'Nov 20 00:53:20', 'Dec 31 23:59:59', 'Jan  1 00:00:00', 'Jan  2 00:00:00.5'))))
        end = datetime(2024, 1, 3, tzinfo=timezone.utc).timestamp()
        os.utime(log, (end, end))
        self.import_('--auth-log', log)
        dates = ['2023-11-20T00:53:20.000000Z', '2023-12-31T23:59:59.000000Z', '2024-01-01T00:00:00.000000Z', '2024-01-02T00:00:00.500000Z']
        self.assertEqual([date for date, in self.rows('log_date')], dates)
        with open(log, 'a') as more:        # after an upgrade of the distribution
            more.write(f'2021-01-03T01:00:00+01:00 srv-1 sshd[110]: Failed password for alice {FROM}\n')
        self.database.unlink()
        self.import_('--auth-log', log)
        self.assertEqual([date for date, in self.rows('log_date')],
                         [date.replace('2024', '2021').replace('2023', '2020') for date in dates] + ['2021-01-03T00:00:00.000000Z'])

    def test_the_year_may_be_given_and_the_zone_is_that_of_this_machine(self):
        log = self.auth_log(f'Failed password for alice {FROM}', stamp='Jul 20 00:53:{:02}')
        self.import_('--auth-log', log, '--year', '2019', environment={'TZ': 'Europe/Berlin'})
        self.assertEqual(self.rows('log_date'), [('2019-07-19T22:53:00.000000Z',)])

    def test_compressed_files_and_standard_input_are_read_as_others(self):
        log = self.auth_log(f'Failed password for alice {FROM}', f'Accepted password for alice {FROM}')
        packed = self.write('auth.log.2.gz', gzip.compress(log.read_bytes()))
        self.assertEqual(self.import_('--auth-log', packed)['imported'], 2)
        with open(packed, 'rb') as standard_input:
            said = subprocess.run([CLIENT, '-c', self.configure(self.chosen), 'db', 'import', '--auth-log', '-'], check=True,
                                  stdin=standard_input, capture_output=True, text=True).stdout
        self.assertRegex(said, r'already there +2\n')

    def test_a_torn_end_is_said_and_not_believed(self):
        log = self.auth_log(f'Failed password for alice {FROM}', 'pam_unix(sshd:session): session opened for user alice')
        self.write('auth.log', log.read_bytes()[:-3])       # "user al"
        self.assertEqual(self.import_('--auth-log', log)['imported'], 1)
        self.assertIn('has no end', self.said)
        lines = self.auth_log(*[f'Failed password for user{i} {FROM}' for i in range(3000)], name='long', stamp='Nov 20 00:00:00').read_bytes()
        packed = self.write('torn.gz', gzip.compress(lines)[:-2000])
        self.assertGreater(self.import_('--auth-log', packed)['imported'], 100)
        self.assertIn('its compressed data has no end', self.said)

    def test_files_are_read_in_the_order_of_their_age_and_what_two_of_them_say_counts_once(self):
        newer = self.auth_log('pam_unix(sshd:session): session closed for user alice', name='auth.log', stamp='2025-11-21T00:00:00Z')
        older = self.auth_log('pam_unix(sshd:session): session opened for user alice(uid=1000) by (uid=0)', name='auth.log.1')
        os.utime(older, (1_763_600_000, 1_763_600_000))
        copy = self.write('auth.log.copy', newer.read_bytes())
        self.assertEqual(self.import_('--auth-log', newer, older, copy)['imported'], 2)
        self.assertEqual(self.query('SELECT uid, start_date, end_date FROM completed_sessions'),
                         [('alice', '2025-11-20T00:53:00.000000Z', '2025-11-21T00:00:00.000000Z')])

    def test_a_dry_run_only_counts(self):
        log = self.auth_log(f'Failed password for alice {FROM}')
        self.assertEqual(self.import_('--auth-log', log, '--dry-run')['to be imported'], 1)
        self.assertEqual(self.rows(), [])
        self.assertEqual(self.import_('--auth-log', log)['imported'], 1)

    def test_a_journal_of_others_holds_nothing(self):
        self.sub('journal')
        self.import_('--journal', '--directory', self.folder / 'journal', status=1)
        self.assertIn('no program named sshd', self.said)

    @unittest.skipIf(SANITIZED, 'slower')
    def test_100000_lines_take_less_than_5_seconds(self):
        log = self.write('auth.log', ''.join(
            f'Nov {1 + i // 50000:2} {i // 2500 % 24:02}:{i // 60 % 60:02}:{i % 60:02} srv-1 sshd[{1000 + i // 4}]: {message}\n'
            for i in range(0, 100_000, 4) for message in (
                f'Invalid user bob from 192.0.2.{i % 250} port {1024 + i % 60000}', f'pam_unix(sshd:auth): {PAM}',
                f'Failed password for invalid user bob from 192.0.2.{i % 250} port {1024 + i % 60000} ssh2',
                f'Connection closed by invalid user bob 192.0.2.{i % 250} port {1024 + i % 60000} [preauth]')))
        for already in (0, 25_000):
            with self.timed('100000 lines of auth.log') as timed:
                found = self.import_('--auth-log', log)
            self.assertEqual((found['lines'], found['already there'], found['imported']), (100_000, already, 25_000 - already))
            self.assertLess(timed.seconds, 5)


class Utmp(Importing):
    def test_sessions_with_a_terminal_come_from_wtmp(self):
        wtmp = self.write('wtmp', record(BOOT, 0, b'reboot', line=b'~') + record(LOGIN, 7, b'alice', 1_700_000_100) +
                          record(LOGIN, 8, b'bob', 1_700_000_200, line=b'pts/1', host=b'client.example', address=bytes(16)) +
                          record(LOGOUT, 7, b'', 1_700_000_300) + record(BOOT, 0, b'reboot', 1_700_000_400, line=b'~') +
                          record(LOGOUT, 8, b'', 1_700_000_500, line=b'pts/1'))
        found = self.import_('--wtmp', wtmp, '--host', 'old-1')
        self.assertEqual((found['records'], found['imported']), (6, 3))
        self.assertEqual(self.rows('log_event, uid, tty, src_ipaddr, rhost, host, origin'),
                         [(2, 'alice', 'pts/0', '192.0.2.7', None, 'old-1', 'wtmp'), (2, 'bob', 'pts/1', None, 'client.example', 'old-1', 'wtmp'),
                          (3, 'alice', 'pts/0', '192.0.2.7', None, 'old-1', 'wtmp')])
        self.assertEqual(self.query('SELECT uid FROM open_sessions'), [('bob',)], 'of its end nobody knows')
        self.assertEqual(self.import_('--wtmp', wtmp, '--host', 'old-1')['imported'], 0)

    def test_attempts_come_from_btmp_without_the_record_of_users_that_are_not_known(self):
        btmp = self.write('btmp', record(FAILED, 7, b'root', line=b'ssh:notty') +
                          b''.join(record(FAILED, 8, b'no-such-user', 1_700_000_000 + i, line=b'ssh:notty') for i in range(3)))
        self.assertEqual(self.import_('--btmp', btmp)['imported'], 3)
        self.assertEqual(self.rows('uid, outcome, sshd_pid, service, origin'),
                         [('root', 'failure', 7, 'sshd', 'btmp')] + [('no-such-user', 'failure', 8, 'sshd', 'btmp')] * 2)
        self.assertEqual(self.import_('--btmp', btmp)['imported'], 0)

    def test_hostile_names_are_stored_text(self):
        self.import_('--btmp', self.write('btmp', record(FAILED, 7, b'bad\xff\x1b[2K' + b'n' * 32, line=b'tty1')))
        self.assertEqual(self.rows('uid, flags, tty'), [('bad\\xff\\x1b[2K' + 'n' * 24, 2, 'tty1')])

    def test_a_torn_record_is_said_and_hides_nothing(self):
        whole = b''.join(record(LOGIN, 100 + i, b'alice', 1_700_000_000 + i * 60, line=b'pts/%d' % i) for i in range(20))
        self.assertEqual(self.import_('--wtmp', self.write('wtmp', whole + record(LOGIN, 7, b'bob')[:100]))['imported'], 20)
        self.assertIn('ends in 100 bytes that are less than a record', self.said)
        later = b''.join(record(LOGIN, 200 + i, b'carol', 1_700_100_000 + i * 60, line=b'pts/%d' % i) for i in range(20))
        self.assertGreaterEqual(self.import_('--wtmp', self.write('wtmp', whole + record(LOGIN, 7, b'bob')[:100] + later))['imported'], 20)
        self.assertIn('between the records are none', self.said)
        self.assertEqual(self.query("SELECT count(*) FROM inet_log WHERE uid = 'carol'"), [(20,)])

    def test_what_log_and_btmp_tell_of_one_attempt_is_one_row_in_either_order(self):
        log = self.auth_log(f'Failed password for root {FROM}', first_pid=7, host='old-1')
        when = int(datetime(2025, 11, 20, 0, 53, tzinfo=timezone.utc).timestamp())
        btmp = self.write('btmp', record(FAILED, 7, b'root', when - 1, line=b'ssh:notty'))
        for sources, origin in ((('--auth-log', log), ('--btmp', btmp)), 'text'), ((('--btmp', btmp), ('--auth-log', log)), 'btmp'):
            with self.subTest(origin):
                for source in sources:
                    self.import_(*source, '--host', 'old-1')
                self.assertEqual(self.rows('uid, origin'), [('root', origin)])
                self.database.unlink()

    @unittest.skipIf(SANITIZED, 'slower')
    def test_10000_records_take_less_than_a_second(self):
        wtmp = self.write('wtmp', b''.join(record(LOGIN, 1000 + i, b'alice', 1_700_000_000 + i * 600) +
                                           record(LOGOUT, 1000 + i, b'', 1_700_000_300 + i * 600) for i in range(5000)))
        for expected in (10_000, 0):
            with self.timed('10000 records of wtmp') as timed:
                self.assertEqual(self.import_('--wtmp', wtmp)['imported'], expected)
            self.assertLess(timed.seconds, 1)
        self.assertEqual(self.query('SELECT count(*) FROM completed_sessions'), [(5000,)])


class Wtmpdb(Importing):
    def wtmpdb(self, *sessions):
        path = self.folder / 'wtmp.db'
        connection = sqlite3.connect(path)
        connection.execute('CREATE TABLE wtmp (ID INTEGER PRIMARY KEY, Type INTEGER, User TEXT NOT NULL, Login INTEGER, Logout INTEGER, '
                           'TTY TEXT, RemoteHost TEXT, Service TEXT)')
        connection.execute("INSERT INTO wtmp VALUES (NULL, 1, 'reboot', 1700000000000000, 1700000900000000, '~', '6.1.0', NULL)")
        connection.executemany('INSERT INTO wtmp VALUES (NULL, 3, ?, ?, ?, ?, ?, ?)', sessions)
        connection.commit()
        connection.close()
        return path

    def test_a_row_is_a_session(self):
        path = self.wtmpdb(('alice', 1_700_000_100_123_456, 1_700_000_200_000_000, 'ssh', '192.0.2.7', 'sshd'),
                           ('bob', 1_700_000_150_000_000, None, 'tty1', '', 'login'))
        self.assertEqual(self.import_('--wtmpdb', path)['imported'], 3)
        self.assertEqual(self.rows('log_event, uid, tty, service, src_ipaddr, log_date, origin'),
                         [(2, 'alice', 'ssh', 'sshd', '192.0.2.7', '2023-11-14T22:15:00.123456Z', 'wtmpdb'),
                          (2, 'bob', 'tty1', 'login', None, '2023-11-14T22:15:50.000000Z', 'wtmpdb'),
                          (3, 'alice', 'ssh', 'sshd', '192.0.2.7', '2023-11-14T22:16:40.000000Z', 'wtmpdb')])
        self.assertEqual(self.import_('--wtmpdb', path)['imported'], 0)

    def test_wtmp_and_wtmpdb_tell_of_one_session(self):
        wtmp = self.write('wtmp', record(LOGIN, 7, b'alice', 1_700_000_100) + record(LOGOUT, 7, b'', 1_700_000_200))
        path = self.wtmpdb(('alice', 1_700_000_101_000_000, 1_700_000_201_000_000, 'pts/0', '192.0.2.7', 'sshd'))
        self.assertEqual(self.import_('--wtmp', wtmp, '--wtmpdb', path)['imported'], 2)
        self.assertEqual(len(self.query('SELECT * FROM completed_sessions')), 1)

    def test_what_is_no_such_database_is_said(self):
        self.import_('--wtmpdb', self.write('wtmp.db', 'no database' * 100), status=3)
        self.assertIn('wtmp.db', self.said)


    def test_a_view_is_not_followed_to_other_tables(self):
        path = self.wtmpdb()
        connection = sqlite3.connect(path)
        connection.executescript('ALTER TABLE wtmp RENAME TO other; CREATE VIEW wtmp AS SELECT * FROM other')
        connection.close()
        self.import_('--wtmpdb', path, status=3)
        self.assertIn('has no table wtmp', self.said)

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_root_reads_one_that_only_root_may(self):
        self.give_the_database_away()
        path = self.wtmpdb(('alice', 1_700_000_100_123_456, None, 'ssh', '192.0.2.7', 'sshd'))
        path.chmod(0o600)
        self.assertEqual(self.import_('--wtmpdb', path)['imported'], 1)


class Lines(Importing):
    def test_what_was_exported_comes_back_as_it_was(self):
        name = 'x from 1.2.3.4 port 5 ssh2 origin=text\\033'
        self.import_('--auth-log', self.auth_log(f'Failed password for invalid user {name} {FROM}', f'Failed password for invalid user  {FROM}',
                                            f'Accepted password for alice {FROM}', 'pam_unix(sshd:session): session opened for user alice by (uid=0)',
                                            'pam_unix(sshd:session): session closed for user alice'),
                     '--btmp', self.write('btmp', record(FAILED, 7, b'root', line=b'ssh:notty')))
        lines = self.write('lines', self.client('db', 'export', '-o', 'lines', config=self.chosen))
        before = self.rows('*')
        self.assertEqual(self.import_('--lines', lines)['imported'], 0)
        self.database.unlink()
        self.assertEqual(self.import_('--lines', lines)['imported'], 6)
        self.assertEqual([row[1:] for row in self.rows('*')], [row[1:] for row in before])

    def test_lines_of_nobody_are_counted(self):
        lines = self.write('lines', 'iptracking/1 event=auth time=1700000000000000 user=alice origin=nobody\n'
                                    'iptracking/1 event=auth user=alice\nrubbish\n'
                                    'iptracking/1 event=auth time=1700000000000000 user=alice\n')
        found = self.import_('--lines', lines)
        self.assertEqual((found['lines'], found['not understood'], found['imported']), (4, 3, 1))
        self.assertEqual(self.rows('uid, outcome, origin'), [('alice', 'attempt', None)])


class Callbacks(Importing):
    def test_a_login_that_others_told_of_before_is_not_told_again(self):
        """As when the log was imported first, and what the pipe refused later."""
        self.import_('--auth-log', self.auth_log(f'Failed password for bob {FROM}', f'Accepted password for alice {FROM}',
                                                 stamp='2025-11-20T00:53:2{}Z'))
        when = int(datetime(2025, 11, 20, 0, 53, 20, tzinfo=timezone.utc).timestamp() * 1e6)
        words = 'src=192.0.2.7 sport=1025 service=sshd host=srv-1 origin=refused\n'
        lines = self.write('lines', f'iptracking/1 event=auth time={when} user=bob pid=100 {words}'
                                    f'iptracking/1 event=auth time={when + 500_000} user=alice pid=101 {words}'
                                    f'iptracking/1 event=account time={when + 900_000} user=alice pid=101 {words}')
        self.assertEqual(self.import_('--lines', lines)['imported'], 0)
        self.database.unlink()
        self.assertEqual(self.import_('--lines', lines)['imported'], 3)
        self.assertEqual(self.import_('--auth-log', self.folder / 'auth.log')['imported'], 0)
        self.assertEqual(self.query('SELECT uid FROM failures'), [('bob',)])


class Beside(Importing):
    """A daemon."""

    def test_what_it_has_stored_is_left_out_and_it_goes_on(self):
        store = Sqlite(self.folder)
        run = Run(self, self.folder, store)
        self.database, self.chosen = store.path, store.config
        lines = []
        for i in range(50):
            when = 1_763_600_000_000_000 + i * 10_000_000
            run.daemon.write(f'iptracking/1 event=auth time={when} user=user{i} src=192.0.2.7 sport=1025 pid={100 + i} service=sshd host=srv-1\n')
            stamp = datetime.fromtimestamp(when / 1e6 + 2, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
            lines.append(f'{stamp} srv-1 sshd[{100 + i}]: Failed password for user{i} {FROM}\n')
        wait_until(lambda: store.count() == 50, what='the live rows')
        log = self.write('auth.log', ''.join(lines))
        self.assertEqual(self.import_('--auth-log', log), self.import_('--auth-log', log))
        self.assertEqual(self.import_('--auth-log', log)['already there'], 50)
        extra = self.auth_log(*(f'Failed password for bob {FROM}' for _ in range(20)), first_pid=900, name='extra')
        self.assertEqual(self.import_('--auth-log', extra)['imported'], 20)
        run.daemon.write('iptracking/1 event=auth user=after src=192.0.2.7\n')
        wait_until(lambda: store.count() == 71, what='the row after the import')
        self.assertEqual(store.query("SELECT sum(failures) FROM address_count"), [(71,)])

    @unittest.skipUnless(os.geteuid() == 0, 'needs root')
    def test_root_leaves_files_that_it_can_write_and_reads_what_only_root_may(self):
        folder = self.give_the_database_away()
        btmp = self.write('btmp', record(FAILED, 7, b'root', line=b'ssh:notty'))
        btmp.chmod(0o600)
        self.assertEqual(self.import_('--btmp', btmp)['imported'], 1)
        self.assertEqual({path.stat().st_uid for path in folder.iterdir()}, {65534})


class CommandLine(Importing):
    def test_nothing_told_is_1_wrong_usage_2_and_a_file_that_is_missing_3(self):
        log = self.write('auth.log', 'Nov 20 00:53:20 srv-1 CRON[7]: nothing of sshd\n')
        self.import_('--auth-log', log, status=1)
        for words, sentence in {(): 'say what to import', ('--year', 'x', '--auth-log', log): '--year needs a year',
                                ('--directory', '/x', '--auth-log', log): '--journal', (log,): 'say what',
                                ('--wtmp', log, '--btmp', log, log): 'several options'}.items():
            self.import_(*words, status=2)
            self.assertIn(sentence, self.said)
        for words in (('--auth-log', '/nowhere'), ('--wtmp', '/nowhere'), ('--wtmpdb', '/nowhere'), ('--auth-log', '/')):
            self.import_(*words, status=3)
            self.assertIn(words[1], self.said)

    def test_other_compressions_are_said(self):
        self.import_('--auth-log', self.write('auth.log.xz', b'\xfd7zXZ\0rest'), status=3)
        self.assertIn('xz -dc', self.said)

    def test_a_CSV_file_is_refused(self):
        self.import_('--auth-log', self.auth_log('x'), config=f'database: {{driver-name: csvfile, filename: {self.folder}/x.csv}}\n', status=3)
        self.assertIn('choose the driver sqlite3 or postgresql', self.said)


@unittest.skipUnless('postgresql' in DRIVERS, 'the build has no postgresql')
class Postgres(OnPostgres, Importing):
    def test_it_is_imported_once_too(self):
        keywords = self.empty()
        self.db('init', keywords)
        log = self.auth_log(*(message for message, _ in FORMS))
        events = sum(len(events) for _, events in FORMS)
        for expected in (events, 0):
            self.assertEqual(self.import_('--auth-log', log, config=self.config(keywords))['imported'], expected)
        self.assertEqual(self.ask("SELECT count(*), count(DISTINCT origin), min(origin) FROM inet_log"), [(events, 1, 'text')])
        self.assertEqual(self.ask("SELECT count(*) FROM failures")[0][0], sum(events.count('f') for _, events in FORMS))
        lines = self.write('lines', 'iptracking/1 event=auth time=1700000000000000 user=alice src=192.0.2.7\n')
        for expected in (1, 0):
            self.assertEqual(self.import_('--lines', lines, config=self.config(keywords))['imported'], expected)
        self.assertEqual(self.ask('SELECT uid FROM inet_log WHERE origin IS NULL'), [('alice',)])

    def test_who_may_only_store_is_told_who_may_import(self):
        keywords = self.empty()
        self.db('init', keywords)
        self.import_('--auth-log', self.auth_log(f'Failed password for alice {FROM}'),
                     config=self.config(self.keywords(admin=None)), status=3)
        self.assertIn("'admin' of the configuration", self.said)
