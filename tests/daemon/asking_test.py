# SPDX-License-Identifier: GPL-2.0-or-later
"""What is asked with `iptracking`: the answers that Python finds in the same events, from each database, whoever asks, and
whatever the daemon does."""
import datetime
import fnmatch
import ipaddress
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from collections import defaultdict
from pathlib import Path

from programs import BUILD, DRIVERS, Daemon, Programs, Sqlite, wait_until
from postgres_server import SQL
from questions_test import LINES

CLIENT = BUILD / 'src/client/iptracking'
BEGIN = 1772359200_000000   # 2026-03-01T10:00:00Z
HOUR = 3600_000000
UTC = datetime.timezone.utc
A, B = '198.51.100.5', '2001:db8:5::5'


def run(config, *words, zone='UTC', through=(), environment=None):
    return subprocess.run([*through, CLIENT, '-c', config, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=60, env={'PATH': os.environ['PATH'], 'TZ': zone, **(environment or {})})


def ask(config, *words, **arguments):
    done = run(config, *words, '-o', 'json', **arguments)
    assert done.returncode in (0, 1) and not done.stderr, (words, done)
    rows = json.loads(done.stdout)
    assert bool(rows) == (done.returncode == 0), (words, done)
    return rows


def usec(text):
    moment = datetime.datetime.fromisoformat(text)
    return round((moment - datetime.datetime.fromtimestamp(0, UTC)) / datetime.timedelta(microseconds=1))


def iso(number):
    return datetime.datetime.fromtimestamp(number // 1000000, UTC).strftime('%Y-%m-%dT%H:%M:%S.') + f'{number % 1000000:06}Z'


def stored(driver, folder, lines):
    """What the real daemon makes of the lines; gives its configuration."""
    folder.mkdir()
    asker = {'client': {'user': 'asker'}} if driver == 'postgresql' else {}
    store = DRIVERS[driver](folder, **asker)
    daemon = Daemon(folder, passed=True, config=store.config)
    try:
        for i in range(0, len(lines), 500):
            daemon.write(''.join(lines[i:i + 500]))
        wait_until(lambda: store.count() == len(lines), 60, f'{len(lines)} rows: {daemon.said()}')
    finally:
        daemon.stop()
    return daemon.config


class Event:
    """As Python understands a line."""
    def __init__(self, number, line):
        words = dict(word.split('=', 1) for word in line.split()[1:])
        self.id, self.time = number, int(words['time'])
        self.event = {'account': 'auth'}.get(words['event'], words['event'])
        self.outcome = 'success' if words['event'] == 'account' else 'attempt' if words['event'] == 'auth' else None
        self.user, self.host, self.service = words.get('user'), words.get('host'), words.get('service')
        self.source, self.destination = words.get('src'), words.get('dst')
        self.port, self.pid = words.get('sport'), words.get('pid')
        self.failed = False

    def connection(self):
        """With the port of the source; without it, the process."""
        return (self.host, self.source, self.port, self.destination, *(() if self.port else (self.pid, self.service)))


def understood(lines):
    events = [Event(number, line) for number, line in enumerate(lines, 1)]
    last = {}
    for event in events:
        if event.event != 'auth':
            continue
        event.failed = event.outcome == 'attempt'
        before = last.get(event.connection())
        if event.outcome == 'success' and before and before.outcome == 'attempt' and (
                None in (event.pid, before.pid) or event.pid == before.pid):
            before.failed = False
        last[event.connection()] = event
    return events


def random_lines(number=1500):
    """Few users, addresses and processes, over eleven days: everything meets everything, and summaries have whole days."""
    source, at, lines = random.Random(20261121), BEGIN, []
    for _ in range(number):
        at += source.choice((1, 1000, 400_000, 1_000_000, 600_000_000, 3_000_000_000))
        connection = 10 * ((at - BEGIN) // (6 * HOUR))     # none lasts longer than a day
        port = source.choice([connection + 1, connection + 2, None])
        words = {'event': source.choice(['auth', 'auth', 'auth', 'account', 'open_session', 'close_session']),
                 'host': source.choice(['alpha', 'alpha', 'beta']), 'user': source.choice(['root', 'a', 'b_c', 'bxc', 'd%', '[x]', None]),
                 'src': source.choice(['192.0.2.1', '192.0.2.130', '192.0.3.1', '2001:db8::1', '2001:db8:0:1::1', None]),
                 'sport': port, 'dst': source.choice([A, A, B, None]), 'pid': source.choice([connection + 7, connection + 8, *([None] if port else [])]),
                 'service': source.choice(['sshd', 'sshd', 'su', None])}
        lines.append(f'iptracking/1 time={at}' + ''.join(f' {key}={value}' for key, value in words.items() if value is not None) + '\n')
    return lines


def inside(net):
    net = ipaddress.ip_network(net)
    return lambda address: address is not None and ipaddress.ip_address(address) in net


# Words of the command line, and what an event has to be.
MIDDLE = BEGIN + 5 * 24 * HOUR
SELECTIONS = {
    (): lambda e: True,
    ('--since', iso(MIDDLE)): lambda e: e.time >= MIDDLE,
    ('--until', iso(MIDDLE)): lambda e: e.time < MIDDLE,
    ('-S', iso(BEGIN + 30 * HOUR), '-U', iso(BEGIN + 31 * HOUR)): lambda e: BEGIN + 30 * HOUR <= e.time < BEGIN + 31 * HOUR,
    ('-S', iso(BEGIN + 20 * HOUR), '-U', iso(BEGIN + 150 * HOUR)): lambda e: BEGIN + 20 * HOUR <= e.time < BEGIN + 150 * HOUR,
    ('-S', '2020-01-01', '-U', '2040-01-01'): lambda e: True,
    ('--user', 'root'): lambda e: e.user == 'root',
    ('--user', 'root', '--user', 'a'): lambda e: e.user in ('root', 'a'),
    ('--user', '!root'): lambda e: e.user != 'root',
    ('--user', 'b_c'): lambda e: e.user == 'b_c',
    ('--user', 'b?c'): lambda e: e.user in ('b_c', 'bxc'),
    ('--user', 'b_*'): lambda e: e.user == 'b_c',
    ('--user', 'd%*'): lambda e: e.user == 'd%',
    ('--user', '[x*'): lambda e: e.user == '[x]',
    ('--user', '*', '--user', '!*c'): lambda e: e.user is not None and not e.user.endswith('c'),
    ('--from', '192.0.2.1'): lambda e: e.source == '192.0.2.1',
    ('--from', '192.0.2.0/25'): lambda e: inside('192.0.2.0/25')(e.source),
    ('--from', '2001:db8::/48'): lambda e: inside('2001:db8::/48')(e.source),
    ('--from', '::/0'): lambda e: e.source is not None and ':' in e.source,
    ('--from', '!192.0.2.0/24'): lambda e: not inside('192.0.2.0/24')(e.source),
    ('--from', '0.0.0.0/0', '--from', '!192.0.2.1'): lambda e: inside('0.0.0.0/0')(e.source) and e.source != '192.0.2.1',
    ('--to', A): lambda e: e.destination == A,
    ('--to', '!' + A): lambda e: e.destination != A,
    ('--service', 'su'): lambda e: e.service == 'su',
    ('--service', '!s?'): lambda e: e.service is None or not fnmatch.fnmatchcase(e.service, 's?'),
    ('--event', 'auth'): lambda e: e.event == 'auth',
    ('--event', '!auth', '--event', '!close_session'): lambda e: e.event == 'open_session',
    ('--host', 'b*'): lambda e: e.host == 'beta',
    ('--outcome', 'success'): lambda e: e.outcome == 'success',
    ('--outcome', 'failure'): lambda e: e.failed,
    ('--outcome', '!failure'): lambda e: not e.failed,
    ('--outcome', 'attempt'): lambda e: e.outcome == 'attempt',
    ('--user', 'root', '--from', '192.0.2.0/24', '--since', iso(MIDDLE), '--outcome', 'failure'):
        lambda e: e.user == 'root' and inside('192.0.2.0/24')(e.source) and e.time >= MIDDLE and e.failed,
    ('--user', 'nobody'): lambda e: False,
}


def counted(events, key):
    """As `top` counts."""
    groups = defaultdict(list)
    for event in events:
        if key(event) is not None:
            groups[key(event)].append(event)
    return {name: (len(group), sum(e.failed for e in group), sum(e.outcome == 'success' for e in group),
                   sum(e.event == 'open_session' for e in group), min(e.time for e in group), max(e.time for e in group))
            for name, group in groups.items()}


def net(address):
    return address and str(ipaddress.ip_network(f'{address}/{48 if ":" in address else 16}', strict=False))


class Selected(unittest.TestCase):
    """Each question with each selection, of each database."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix='iptracking-')
        cls.addClassCleanup(temporary.cleanup)
        lines = random_lines()
        cls.events = understood(lines)
        cls.configs = {driver: stored(driver, Path(temporary.name) / driver, lines) for driver in DRIVERS}

    def each(self, check, selections=SELECTIONS):
        """check(words, config, events) with each selection, of each database."""
        for words in selections:
            for driver, config in self.configs.items():
                with self.subTest(driver=driver, words=words):
                    check(words, config, [event for event in self.events if SELECTIONS[words](event)])

    def test_events_are_those_that_were_selected(self):
        def check(words, config, events):
            rows = ask(config, 'events', *words)
            self.assertEqual([(row['id'], usec(row['time']), row['user'], row['source'], row['event'], row['outcome']) for row in rows],
                             [(e.id, e.time, e.user, e.source, e.event, e.outcome) for e in events])
        self.each(check)

    def test_a_list_ends_with_the_newest_and_can_be_turned_round(self):
        def check(words, config, events):
            ids = [event.id for event in events]
            for number in (1, 5, 200, 201, len(ids), len(ids) + 1):
                self.assertEqual([row['id'] for row in ask(config, 'events', '-n', str(number), *words)], ids[-number:])
                self.assertEqual([row['id'] for row in ask(config, 'events', '-r', '-n', str(number), *words)], ids[-number:][::-1])
            self.assertEqual([row['id'] for row in ask(config, 'events', '-r', *words)], ids[::-1])
        self.each(check, [(), ('--user', 'root'), ('--outcome', 'failure')])

    def test_counts_are_those_of_the_selected_events(self):
        keys = {'users': ('user', lambda e: e.user), 'addresses': ('address', lambda e: e.source), 'nets': ('net', lambda e: net(e.source)),
                'total': (None, lambda e: 'all')}
        def check(words, config, events):
            for what, (column, key) in keys.items():
                rows = ask(config, 'top', what, '-n', 'all', *(['--prefix', '16'] if what == 'nets' else []), *words)
                self.assertEqual({row[column] if column else 'all': (row['events'], row['failures'], row['successes'], row['sessions'],
                                                                     usec(row['first']), usec(row['last'])) for row in rows},
                                 counted(events, key), what)
                self.assertEqual([row['events'] for row in rows], sorted((row['events'] for row in rows), reverse=True))
        self.each(check)

    def test_days_hours_and_weekdays_are_those_of_the_zone(self):
        from zoneinfo import ZoneInfo
        form = {'day': '%Y-%m-%d', 'weekday': '%A', 'hour': '%H'}
        for zone in ('UTC', 'Europe/Berlin', 'Asia/Kathmandu'):
            def check(words, config, events):
                for by, shape in form.items():
                    expected = counted(events, lambda e: datetime.datetime.fromtimestamp(e.time // 1000000, ZoneInfo(zone)).strftime(shape))
                    rows = ask(config, 'daily', '--by', by, *words, zone=zone)
                    found = {f'{row[by]:02}' if by == 'hour' else row[by]: (row['events'], row['failures'], row['successes'], row['sessions'])
                             for row in rows if row['events']}
                    self.assertEqual(found, {key: value[:4] for key, value in expected.items()}, (zone, by))
            self.each(check, list(SELECTIONS)[:6])

    def test_all_about_one_user_and_one_address(self):
        def check(words, config, events):
            for name in ('root', 'b_c', '[x]'):
                mine = [e for e in events if e.user == name]
                rows = ask(config, 'users', name, *words)
                if not mine:
                    self.assertEqual(rows, [])
                    continue
                row, = rows
                got_in = {e.source for e in mine if e.outcome == 'success' and e.source}
                self.assertEqual((row['events'], row['attempts'], row['failures'], row['sessions']), (
                    len(mine), sum(e.failed or e.outcome == 'success' for e in mine), sum(e.failed for e in mine),
                    sum(e.event == 'open_session' for e in mine)))
                self.assertEqual(set(row['addresses']), got_in)
                self.assertEqual(set(row['others']), {e.user for e in events if e.source in got_in and e.outcome == 'success'
                                                      and e.user not in (None, name)})
                if len(mine) > 1:
                    self.assertAlmostEqual(row['mean_interval'], (mine[-1].time - mine[0].time) / 1e6 / (len(mine) - 1), 5)
                else:
                    self.assertIsNone(row['mean_interval'])
            for pattern in ('*', 'b?c', 'roo*'):    # nobody has that name
                self.assertEqual(ask(config, 'users', pattern, *words), [])
            mine = [e for e in events if e.source == '192.0.2.130']
            row, = ask(config, 'address', '192.0.2.130', *words)
            users = {e.user for e in mine if e.outcome == 'success' and e.user}
            self.assertEqual((row['net'], row['events'], usec(row['first']), usec(row['last'])),
                             ('192.0.2.0/24', len(mine), mine[0].time, mine[-1].time))
            self.assertEqual(set(row['users']), users)
            self.assertEqual(set(row['tried']), {e.user for e in mine if e.failed and e.user} - users)
        self.each(check, list(SELECTIONS)[:6])

    def test_new_pairs_and_successes_after_failures(self):
        def check(words, config, events):
            first = {}
            for event in self.events:
                if event.outcome == 'success' and event.user and event.source:
                    first.setdefault((event.user, event.source), event)
            ids = {event.id for event in events}
            self.assertEqual([row['id'] for row in ask(config, 'new', *words)],
                             sorted((e.id for e in first.values() if e.id in ids), reverse=True))
            expected = []
            for event in events:
                if event.outcome == 'success' and event.source:
                    before = [e.time for e in self.events if e.failed and e.source == event.source and e.id < event.id
                              and e.time >= event.time - HOUR]
                    if before:
                        expected.append((event.id, len(before), before[0]))
            self.assertEqual([(row['id'], row['failures'], usec(row['first_failure']))
                              for row in ask(config, 'failures', '--then-success', '-n', 'all', *words)], expected[::-1])
        self.each(check, list(SELECTIONS)[:8])

    def test_sessions_are_the_same_in_each_database(self):
        for words in SELECTIONS:
            if {'--event', '--outcome'} & set(words):   # of which a session has none
                continue
            answers = [ask(config, 'sessions', *words) for config in self.configs.values()]
            for answer in answers[1:]:
                self.assertEqual(answer, answers[0], words)
        whole = ask(self.configs['sqlite3'], 'sessions')
        self.assertEqual([row['id'] for row in whole], [e.id for e in self.events if e.event == 'open_session'])
        for config in self.configs.values():
            for number in (1, 7, 1000):
                self.assertEqual(ask(config, 'sessions', '-n', str(number)), whole[-number:])
                self.assertEqual(ask(config, 'sessions', '-r', '-n', str(number)), whole[-number:][::-1])
                for which in ('open', 'closed'):
                    some = [row for row in whole if (row['state'] == 'open') == (which == 'open')]
                    self.assertEqual(ask(config, 'sessions', f'--{which}', '-n', str(number)), some[-number:])


class Useful(unittest.TestCase):
    """The useful queries of the first README, each as a command."""

    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix='iptracking-')
        cls.addClassCleanup(temporary.cleanup)
        cls.configs = [stored(driver, Path(temporary.name) / driver, LINES) for driver in DRIVERS]

    def expect(self, words, columns, expected):
        for config in self.configs:
            with self.subTest(words=words, config=config):
                self.assertEqual([tuple(row[column] for column in columns) for row in ask(config, *words, '--utc')], expected)

    def test_how_many_events_and_from_when_to_when(self):
        self.expect(['top', 'total'], ['events', 'first', 'last'], [(47, '2026-03-01T10:00:00.000000Z', '2026-03-02T00:30:01.000000Z')])

    def test_which_addresses_make_most_events(self):
        self.expect(['top', '-n', '2'], ['address', 'events', 'first', 'last'], [
            ('203.0.113.9', 9, '2026-03-01T10:00:00.000000Z', '2026-03-02T00:00:01.000000Z'),
            ('192.0.2.7', 7, '2026-03-01T10:05:00.000000Z', '2026-03-01T13:40:00.000000Z')])

    def test_which_users_are_tried_from_there(self):
        self.expect(['top', 'users', '--from', '203.0.113.9', '--from', '192.0.2.7'], ['user', 'events'], [('root', 8), ('alice', 7), ('', 1)])

    def test_how_fast_events_of_a_user_come(self):
        self.expect(['users', 'erin'], ['mean_interval'], [(5,)])


class Last(Programs):
    def test_last_takes_the_letters_of_last(self):
        config = stored('sqlite3', self.folder / 'x', LINES)
        brief = run(config, 'last', '-2').stdout.splitlines()
        self.assertEqual(brief, ['alice    sshd         2001:db8:1:2::7  Mon Mar  2 00:30   still logged in',
                                 'gina     sshd         192.0.2.21       Sun Mar  1 13:00 - 13:10  (00:10)', '',
                                 'iptracking begins Sun Mar  1 10:00:00 2026'])
        for words, line in {
                ('-n', '2', '-F'): 'gina     sshd         192.0.2.21       Sun Mar  1 13:00:00 2026 - Sun Mar  1 13:10:00 2026  (00:10)',
                ('-2', '-R'): 'gina     sshd         Sun Mar  1 13:00 - 13:10  (00:10)',
                ('-2', '-a', '-i', '-w', '-x'): 'gina     sshd         Sun Mar  1 13:00 - 13:10  (00:10)     192.0.2.21',
                ('gina', '-q'): brief[1], ('-s', '2026-03-01 13:00', '-t', '2026-03-01 14:00', '-q'): brief[1],
                ('-p', '2026-03-01 10:41:30', 'pts/0', '-q'): 'root     pts/0                         Sun Mar  1 10:40 - 10:43  (00:02)',
                ('--failed', '-1', 'ivan'): 'ivan     sshd         gw.example.org   Sun Mar  1 13:30 - 13:30  (00:00)',
                ('-2', '--time-format', 'iso'): 'gina     sshd         192.0.2.21       2026-03-01T13:00:00+00:00 - 2026-03-01T13:10:00+00:00  (00:10)',
        }.items():
            with self.subTest(words=words):
                self.assertIn(line, run(config, 'last', *words).stdout.splitlines())
        self.assertEqual(run(config, 'last', 'nobody', '-q').returncode, 1)


class Statuses(Programs):
    """What is said, and the exit status, where there is no answer."""

    def configure(self, text):
        path = self.folder / 'client.yml'
        path.write_text(text)
        return path

    def refused(self, words, status, text, said='', **arguments):
        done = run(self.configure(text), *words, **arguments)
        self.assertEqual((done.returncode, done.stdout), (status, ''), done)
        self.assertIn(said, done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)

    def sqlite(self, versions=()):
        path = self.folder / 'a.sqlite3'
        with sqlite3.connect(path) as database:
            for version in versions:
                database.executescript((SQL / f'sqlite3-{version}.sql').read_text())
        database.close()
        return f'database: {{driver-name: sqlite3, filename: {path}}}\n'

    def test_a_database_that_is_not_there_or_not_ours_says_what_to_do(self):
        there = f'filename: {self.folder}/none'
        self.refused(['top'], 3, f'database: {{driver-name: sqlite3, {there}}}\n', 'iptracking db init')
        self.refused(['top'], 3, f'database: {{driver-name: csvfile, {there}}}\n', 'is not there: the daemon makes it')
        self.refused(['top'], 3, f'database: {{driver-name: sqlite3, {there}, flags: [MEMORY]}}\n', 'only the daemon has it')
        self.refused(['top'], 3, self.sqlite(), 'iptracking db init')
        self.refused(['top'], 3, self.sqlite([1, 2, 3]), 'iptracking db upgrade')
        with sqlite3.connect(self.folder / 'a.sqlite3') as database:
            database.execute('PRAGMA user_version = 99')
        self.refused(['top'], 3, self.sqlite(), 'schema version 99')
        (self.folder / 'a.sqlite3').write_bytes(b'no database' * 1000)
        self.refused(['top'], 3, self.sqlite(), 'not a database')

    @unittest.skipUnless('postgresql' in DRIVERS, 'the build has no postgresql')
    def test_a_server_that_is_away_or_says_no_is_named(self):
        self.refused(['top'], 3, f'database: {{driver-name: postgresql, host: {self.folder}, dbname: logins}}\n', 'dbname=logins')
        store = DRIVERS['postgresql'](self.folder)
        self.refused(['top'], 3, store.config, 'GRANT iptracking_reader')     # the daemon may only write

    def test_nothing_found_wrong_words_and_wrong_configuration_have_their_own_status(self):
        config = self.sqlite([1, 2, 3, 4, 5])
        self.assertEqual(run(self.configure(config), 'events', '-q').returncode, 1)
        self.assertEqual(ask(self.configure(config), 'events'), [])
        for words in (['events', '--since', 'bogus'], ['events', '--from', '192.0.2.1/24'], ['events', '--outcome', 'x'],
                      ['top', 'bogus'], ['top', 'nets', '--prefix', '33'], ['top', '--prefix', '8'], ['failures', '--by', 'x'],
                      ['sessions', '--open', '--closed'], ['address', '192.0.2'], ['address'], ['events', '-o', 'x'], ['events', '-n', '0'],
                      ['last', '--time-format', 'x'], ['events', '-f', '-r'], ['bogus']):
            with self.subTest(words=words):
                self.refused(words, 2, config)
        self.refused(['events'], 78, 'database: {driver-name: bogus}\n')


@unittest.skipUnless(os.geteuid() == 0, 'needs root, to be somebody else')
class Others(Programs):
    """Members of the group may ask, others get to know what to do: while the daemon runs, after it stopped, after a kill, and
    of a copy of the file alone."""
    GROUP = 54321
    MEMBER = ['setpriv', '--reuid=65534', '--regid=65534', f'--groups={GROUP}', '--']
    STRANGER = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']

    def setUp(self):
        super().setUp()
        self.folder.chmod(0o755)
        self.store = Sqlite(self.folder)
        self.run_daemon()
        os.chown(self.store.path, 0, self.GROUP)
        for path in self.store.path.parent.glob('iptracking.sqlite3*'):
            os.chown(path, 0, self.GROUP)
        os.chown(self.store.path.parent, 0, self.GROUP)
        self.store.path.parent.chmod(0o750)

    def run_daemon(self):
        self.process = self.daemon(passed=True, config=self.store.config)
        wait_until(self.store.path.exists, 20, 'the database')
        self.process.config.chmod(0o644)

    def send(self, number):
        before = self.store.count()
        self.process.write(''.join(LINES[:number]))
        wait_until(lambda: self.store.count() == before + number, 20, 'the rows')

    def expect(self, number, config=None):
        config = config or self.process.config
        self.assertEqual(ask(config, 'top', 'total', through=self.MEMBER)[0]['events'], number)
        self.assertEqual(len(ask(config, 'events', through=self.MEMBER)), number)

    def refused(self, path):
        done = run(self.process.config, 'events', through=self.STRANGER)
        self.assertEqual((done.returncode, done.stdout), (3, ''))
        self.assertIn(f"you may not read '{path}'", done.stderr)
        self.assertIn('sudo usermod -aG iptracking nobody', done.stderr)

    def test_members_are_answered_whatever_the_daemon_does(self):
        self.send(10)
        self.expect(10)
        self.process.stop()
        self.expect(10)
        self.run_daemon()
        self.send(5)
        self.process.kill()
        self.expect(15)
        self.run_daemon()
        self.send(1)
        self.expect(16)

    def test_a_copy_of_the_file_alone_is_answered_from(self):
        self.send(10)
        self.process.stop()
        folder = self.sub('copy')
        shutil.copy(self.store.path, folder / 'a?b#c%20.sqlite3')
        (folder / 'a?b#c%20.sqlite3').chmod(0o644)
        config = self.folder / 'copy.yml'
        config.write_text(f"database: {{driver-name: sqlite3, filename: '{folder}/a?b#c%20.sqlite3'}}\n")
        self.expect(10, config)
        self.assertEqual([path.name for path in folder.iterdir()], ['a?b#c%20.sqlite3'])

    def test_others_are_told_what_to_do(self):
        self.send(1)
        self.refused(self.store.path)
        self.store.path.parent.chmod(0o755)
        self.refused(self.store.path)
        self.process.config.chmod(0o640)
        self.refused(self.process.config)


class Large(Programs):
    """Many rows take no more memory, and nobody is kept waiting while somebody reads."""

    def fill(self, number):
        path = self.folder / f'{number}.sqlite3'
        database = sqlite3.connect(path)
        for file in sorted(SQL.glob('sqlite3-*.sql')):
            database.executescript(file.read_text())
        database.execute('PRAGMA journal_mode = WAL')
        database.execute('''WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
            INSERT INTO inet_log (id, src_ipaddr, src_port, log_event, uid, log_date, outcome, sshd_pid, service, host)
                SELECT i, (i % 50) || '.' || (i % 200) || '.0.1', 1, CASE i % 4 WHEN 0 THEN 2 ELSE 1 END, 'user' || (i % 1000),
                    strftime('%Y-%m-%dT%H:%M:%S', 1772359200 + i * 3, 'unixepoch') || '.000000Z', 'attempt', i, 'sshd', 'alpha' FROM n''', (number,))
        database.execute('INSERT INTO session SELECT id, NULL, NULL FROM inet_log WHERE log_event = 2')
        database.commit()
        self.addCleanup(database.close)
        config = self.folder / f'{number}.yml'
        config.write_text(f'database: {{driver-name: sqlite3, filename: {path}}}\n')
        return database, config

    def memory(self, config, *words):
        """Of the process, in KiB, when it ended."""
        code = ('import os, subprocess, sys; status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; '
                'import resource; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(status)')
        done = subprocess.run([sys.executable, '-c', code, CLIENT, '-c', config, *words], capture_output=True, text=True, check=True)
        return int(done.stdout)

    def test_memory_is_flat(self):
        _, few = self.fill(100_000)
        _, many = self.fill(400_000)
        for words in (['events', '-o', 'json-lines'], ['events', '-r', '-o', 'csv'], ['sessions'], ['last'], ['last', '--failed'],
                      ['events', '--outcome', 'failure', '-o', 'short']):
            with self.subTest(words=words):
                self.assertLess(self.memory(many, *words), self.memory(few, *words) + 6_000)

    def test_no_transaction_is_open_while_a_reader_waits(self):
        database, config = self.fill(100_000)
        for words in (['events', '-o', 'json-lines'], ['sessions', '-o', 'json-lines'], ['last'], ['top', 'users', '-n', 'all']):
            with self.subTest(words=words), subprocess.Popen([CLIENT, '-c', config, *words], stdout=subprocess.PIPE) as process:
                self.assertTrue(process.stdout.read(100))    # its pipe is full soon
                database.execute("UPDATE inet_log SET host = 'beta' WHERE id = 1")
                database.commit()
                wait_until(lambda: database.execute('PRAGMA wal_checkpoint(TRUNCATE)').fetchone()[0] == 0, 20, 'that nobody reads')
                process.kill()


class Following(Programs):
    """--follow, of each driver."""

    def follow(self, driver, *words):
        self.store = DRIVERS[driver](self.folder, **({'client': {'user': 'asker'}} if driver == 'postgresql' else {}))
        self.source = self.daemon(passed=True, config=self.store.config)
        self.send('before')
        self.process = subprocess.Popen([CLIENT, '-c', self.source.config, 'events', '-f', '-o', 'json-lines', *words],
                                        stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_follower)
        self.assertEqual(json.loads(self.process.stdout.readline())['user'], 'before')

    def end_follower(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def send(self, user, event='auth'):
        before = self.store.count()
        self.source.write(f'iptracking/1 time={time.time_ns() // 1000} event={event} user={user} src=192.0.2.7 pid=7 service=sshd\n')
        wait_until(lambda: self.store.count() > before, 20, 'the row')

    def test_each_event_is_shown_once_and_soon(self):
        for driver in DRIVERS:
            with self.subTest(driver=driver), tempfile.TemporaryDirectory(prefix='iptracking-') as folder:
                self.folder = Path(folder)
                self.follow(driver, '--user', '!hidden')
                for number in range(5):
                    self.send('hidden')
                    began = time.monotonic()
                    self.send(f'user{number}')
                    self.assertEqual(json.loads(self.process.stdout.readline())['user'], f'user{number}')
                    self.assertLess(time.monotonic() - began, 5)
                self.process.send_signal(signal.SIGTERM)
                self.assertEqual((self.process.wait(10), self.process.stdout.read()), (0, ''))
                self.assertEqual(self.source.stop(), 0)

    def test_it_ends_by_ctrl_c_and_with_its_reader(self):
        self.follow('sqlite3')
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(10), 0)
        self.process = subprocess.Popen([CLIENT, '-c', self.source.config, 'events', '-f'], stdout=subprocess.PIPE)
        self.assertTrue(self.process.stdout.readline())
        self.process.stdout.close()
        self.assertEqual(self.process.wait(10), 0)

    def test_a_daemon_that_starts_later_is_followed(self):
        self.follow('sqlite3')
        self.end_follower()
        self.source.stop()
        for suffix in ('-wal', '-shm'):
            Path(f'{self.store.path}{suffix}').unlink()
        self.process = subprocess.Popen([CLIENT, '-c', self.source.config, 'events', '-f', '-o', 'json-lines'],
                                        stdout=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(self.process.stdout.readline())['user'], 'before')
        self.source = self.daemon(passed=True, config=self.store.config)
        self.send('later')
        self.assertEqual(json.loads(self.process.stdout.readline())['user'], 'later')


class States(Programs):
    """What became of sessions that nothing closed."""

    def test_a_process_tells_whether_its_session_lasts(self):
        booted = next(int(line.split()[1]) for line in Path('/proc/stat').read_text().splitlines() if line.startswith('btime'))
        gone = subprocess.Popen(['true'])
        gone.wait()
        now, host = time.time_ns() // 1000, socket.gethostname()
        with subprocess.Popen(['sleep', '100']) as living:
            sessions = {'lasting': (host, now, living.pid), 'gone': (host, now, gone.pid), 'crashed': (host, (booted - 600) * 1000000, living.pid),
                        'reused': (host, now - HOUR, living.pid), 'elsewhere': ('beta', now, gone.pid), 'unknown': (host, now, None)}
            lines = [f'iptracking/1 event=open_session time={at} user={user} host={name} service=sshd'
                     + (f' pid={pid}' if pid else '') + '\n' for user, (name, at, pid) in sessions.items()]
            config = stored('sqlite3', self.folder / 'x', lines)
            states = {row['user']: row['state'] for row in ask(config, 'sessions')}
            last = run(config, 'last', '-w').stdout
            living.kill()
        expected = {'lasting': 'open', 'gone': 'gone', 'crashed': 'crash', 'reused': 'gone', 'elsewhere': 'open', 'unknown': 'open'}
        if booted * 1000000 > now - HOUR:
            expected['reused'] = 'crash'
        self.assertEqual(states, expected)
        said = {line.split()[0]: line for line in last.splitlines() if line and 'begins' not in line}
        for user, words in {'lasting': 'still logged in', 'gone': 'gone - no logout', 'crashed': '- crash'}.items():
            self.assertIn(words, said[user])


