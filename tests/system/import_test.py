# SPDX-License-Identifier: GPL-2.0-or-later
"""What sshd, PAM, btmp and wtmp tell of real logins is what iptracking has seen itself, and nothing is told twice."""
import re
import sqlite3
import subprocess
import unittest
from collections import Counter
from pathlib import Path

import database
import machine
from database import query
from logins import OPTIONS, sftp, ssh
from machine import run, shell, wait_until

OTHER = Path('/root/other.sqlite3')
CONFIGURATION = Path('/root/other.yml')
WTMP, BTMP = Path('/var/log/wtmp'), Path('/var/log/btmp')
HOSTILE = ['x from 1.2.3.4 port 5 ssh2', b'a b', b'bad\xff\xfe\xc3', b'a\r\x1b[2Kb', b'back\\x20slash', 'gr\u00fc\u00dfe'.encode(),
           b'n' * 300]
REFUSED, JOURNAL = 'refused events in the journal', 'sshd in the journal'

# How many attempts of it fail, and how many succeed; each of those opens and closes a session.
LOGINS = [
    (lambda: ssh(passwords=['right']), 0, 1),
    (lambda: ssh(passwords=['wrong']), 1, 0),
    (lambda: ssh(passwords=['wrong', 'again', 'right']), 2, 1),
    (lambda: ssh(passwords=['1', '2', '3', '4', '5', '6', '7']), 6, 0),
    (lambda: ssh(passwords=['right'], method='keyboard-interactive'), 0, 1),
    (lambda: ssh(passwords=['1', '2', '3'], method='keyboard-interactive'), 3, 0),
    (lambda: ssh(passwords=['1', 'right'], method='keyboard-interactive'), 1, 1),
    (lambda: ssh(passwords=['1', '2', '3', 'right'], method='keyboard-interactive,password'), 3, 1),
    (lambda: ssh(), 0, 1),
    (lambda: ssh(program=['ssh', '-tt', *OPTIONS, '-l', 'visitor']), 0, 1),
    (lambda: sftp(), 0, 1),
    (lambda: ssh('root', passwords=['wrong']), 1, 0),
    (lambda: ssh('nobody-here'), 0, 0),
    (lambda: ssh('nobody-here', passwords=['1', '2']), 2, 0),
    (lambda: ssh('nobody-here', passwords=['1', '2'], method='keyboard-interactive'), 2, 0),
    *((lambda name=name: ssh(name, passwords=['wrong']), 1, 0) for name in HOSTILE),
]


def imported(*options, configuration=CONFIGURATION, status=0):
    """How many events each source brought, by the beginning of its name."""
    done = run('iptracking', '-c', configuration, 'db', 'import', *options, check=False)
    if done.returncode != status:
        raise AssertionError(f'db import {options} ended with {done.returncode}: {done.stdout}{done.stderr}')
    found, name = {}, None
    for line in done.stdout.splitlines():
        if not line.startswith(' '):
            name = line
        elif match := re.match(r'  imported +(\d+)$', line):
            found[name] = int(match[1])
    return found


def numbers(found):
    return list(found.values())


def counts(path):
    """What is in a database, by what people ask for."""
    connection = sqlite3.connect(path, timeout=5)
    try:
        one = lambda sql: connection.execute(sql).fetchone()[0]
        return {'failures': one("SELECT count(*) FROM failures WHERE service IS NOT 'test'"),
                'successes': one("SELECT count(*) FROM inet_log WHERE outcome = 'success'"),
                'sessions': one('SELECT count(*) FROM completed_sessions'),
                'open': one('SELECT count(*) FROM open_sessions')}
    finally:
        connection.close()


def names(path):
    """How often each user failed."""
    connection = sqlite3.connect(path, timeout=5)
    try:
        return Counter(name[:100] for name, in connection.execute(
            "SELECT uid FROM failures WHERE service IS NOT 'test'"))
    finally:
        connection.close()


class Import(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shell("sed -i 's/ nodelay//' /etc/pam.d/common-auth")   # as distributions have it
        for file in (WTMP, BTMP):
            file.write_bytes(b'')
        database.wait_for_all()
        for login, _, _ in LOGINS:
            login()
        shell("sed -i 's/pam_unix.so nullok/& nodelay/' /etc/pam.d/common-auth")
        for login, _, _ in LOGINS[:3]:      # as fast as it goes
            login()
        database.wait_for_all()
        run('journalctl', '--sync')
        cls.log = Path('/root/auth.log')    # as syslog daemons write it, old and new
        cls.old_log = Path('/root/auth.log.old')
        for file, form in ((cls.log, 'short-iso-precise'), (cls.old_log, 'short')):
            with open(file, 'wb') as out:
                subprocess.run(['journalctl', '-o', form, '-t', 'sshd', '-t', 'sshd-session'], check=True, stdout=out)
        cls.failures = sum(failed for _, failed, _ in [*LOGINS, *LOGINS[:3]])
        cls.successes = sum(succeeded for _, _, succeeded in [*LOGINS, *LOGINS[:3]])
        cls.expected = {'failures': cls.failures, 'successes': cls.successes, 'sessions': cls.successes, 'open': 0}
        cls.users = names(database.PATH)

    def setUp(self):
        CONFIGURATION.write_text(f'database:\n  driver-name: sqlite3\n  filename: {OTHER}\n')
        self.addCleanup(lambda: [file.unlink() for file in OTHER.parent.glob(f'{OTHER.name}*')])

    def test_live_rows_are_as_many_as_logins(self):
        self.assertEqual(counts(database.PATH), self.expected)

    def test_nothing_is_added_to_what_was_seen_live(self):
        self.assertEqual(numbers(imported('--journal', '--auth-log', self.log, '--auth-log', self.old_log, '--wtmp', WTMP,
                                          '--btmp', BTMP, configuration=machine.CONFIGURATION)), [0] * 5)
        self.assertEqual(machine.run('stat', '-c', '%U', *database.PATH.parent.glob('*')).stdout.split(),
                         ['iptracking'] * len(list(database.PATH.parent.glob('*'))))

    def test_the_journal_alone_tells_the_same(self):
        self.assertEqual(imported('--journal')[JOURNAL], self.failures + 3 * self.successes)
        self.assertEqual(counts(OTHER), self.expected)
        self.assertEqual(names(OTHER), self.users)
        self.assertEqual(numbers(imported('--journal')), [0, 0])

    def test_each_text_file_alone_tells_the_same(self):
        for log in (self.log, self.old_log):
            with self.subTest(log):
                self.assertEqual(numbers(imported('--auth-log', log)), [self.failures + 3 * self.successes])
                self.assertEqual(counts(OTHER), self.expected)
                self.assertEqual(names(OTHER), self.users)
                for again in (self.log, self.old_log):
                    self.assertEqual(numbers(imported('--auth-log', again)), [0])
                OTHER.unlink()

    def test_btmp_alone_tells_of_the_same_attempts(self):
        self.assertEqual(numbers(imported('--btmp', BTMP)), [self.failures])
        self.assertEqual(counts(OTHER), {**self.expected, 'successes': 0, 'sessions': 0})
        self.assertEqual(numbers(imported('--btmp', BTMP)), [0])

    def test_wtmp_tells_of_the_session_with_a_terminal(self):
        self.assertEqual(numbers(imported('--wtmp', WTMP)), [2])
        self.assertEqual(counts(OTHER), {'failures': 0, 'successes': 0, 'sessions': 1, 'open': 0})

    def test_no_order_of_the_sources_tells_anything_twice(self):
        orders = [['--btmp', BTMP], ['--wtmp', WTMP], ['--auth-log', self.old_log], ['--journal'], ['--auth-log', self.log]]
        for first in range(len(orders)):
            with self.subTest(orders[first][0]):
                for source in (*orders[first:], *orders[:first]):
                    imported(*source)
                self.assertEqual(counts(OTHER), self.expected)
                OTHER.unlink()

    def test_what_users_write_is_not_taken_from_the_journal_but_from_a_text_file(self):
        line = 'Accepted password for root from 192.0.2.66 port 4242 ssh2'
        as_user = ['setpriv', '--reuid=visitor', '--regid=visitor', '--clear-groups', 'logger', '-t', 'sshd', '-p', 'authpriv.info']
        run(*as_user, line)
        run(*as_user, '--id=1', line)
        run(*as_user, f'--id={machine.main_pid()}', line)
        run('logger', '-t', 'sshd', '-p', 'authpriv.info', line)
        run('journalctl', '--sync')
        forged = Path('/root/forged.log')
        with open(forged, 'wb') as out:
            subprocess.run(['journalctl', '-o', 'short', '-t', 'sshd', '--grep', '192.0.2.66'], check=True, stdout=out)
        self.assertEqual(forged.read_text().count(line), 4)
        imported('--journal')
        self.assertEqual(counts(OTHER), self.expected)
        self.assertEqual(numbers(imported('--auth-log', forged)), [4])
        rows = sqlite3.connect(OTHER).execute("SELECT origin FROM inet_log WHERE src_ipaddr = '192.0.2.66'").fetchall()
        self.assertEqual(rows, [('text',)] * 4)


class Refused(unittest.TestCase):
    def test_what_a_full_pipe_refused_comes_back(self):
        self.addCleanup(machine.mend)
        wait_until(machine.is_active, what='the daemon')
        machine.systemctl('kill', '--signal=STOP', machine.SERVICE)
        self.addCleanup(machine.systemctl, 'kill', '--signal=CONT', machine.SERVICE, check=False)
        machine.fill_pipe()
        ssh(passwords=['wrong'])
        ssh(passwords=['right'])
        machine.systemctl('kill', '--signal=CONT', machine.SERVICE)
        database.wait_for_all()
        run('journalctl', '--sync')
        before = query('SELECT max(id) FROM inet_log')[0][0]
        found = imported('--journal', configuration=machine.CONFIGURATION)
        self.assertEqual(found, {REFUSED: 5, JOURNAL: 0})
        rows = query('SELECT uid, outcome, log_event, origin FROM inet_log WHERE id > ? ORDER BY id', before)
        self.assertEqual([tuple(row) for row in rows],
                         [('visitor', 'attempt', 1, 'refused'), ('visitor', 'attempt', 1, 'refused'),
                          ('visitor', 'success', 1, 'refused'), ('visitor', None, 2, 'refused'),
                          ('visitor', None, 3, 'refused')])
        self.assertEqual(numbers(imported('--journal', configuration=machine.CONFIGURATION)), [0, 0])
        self.assertEqual(query('SELECT count(*) FROM open_sessions')[0][0], 0)
