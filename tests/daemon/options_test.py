# SPDX-License-Identifier: GPL-2.0-or-later
"""What all verbs take: how a command line is read, what is said of one that is wrong, and where the answer goes."""
import json
import os
import pty
import re
import select
import subprocess

from programs import BUILD, Programs, Sqlite, wait_until

CLIENT = BUILD / 'src/client/iptracking'
USERS = ['alice', 'bob', '', '[alice,bob]', '-2h', 'carl', '!bob', r'\x1b[31m']


class Options(Programs):
    def setUp(self):
        super().setUp()
        store = Sqlite(self.folder)
        self.daemon_ = self.daemon(passed=True, config=store.config)
        self.daemon_.write(''.join(f'iptracking/1 event=auth user={user} src=192.0.2.7 service=sshd time={1763716655 + number}000000\n'
                                   for number, user in enumerate(USERS)))
        wait_until(lambda: store.count() == len(USERS), what='the rows')
        self.environment = {'TZ': 'UTC', 'PATH': os.environ['PATH'], 'STATE_DIRECTORY': str(self.folder / 'state'), 'LC_ALL': 'C.UTF-8'}

    def run_client(self, *words, status=0, **environment):
        done = subprocess.run([CLIENT, '-c', self.daemon_.config, *words], capture_output=True, text=True, check=False, timeout=60,
                              env={**self.environment, **environment})
        self.assertEqual(done.returncode, status, f'{words}: {done.stdout}{done.stderr}')
        return done.stdout, done.stderr

    def users(self, *words, status=0):
        return [row['user'] for row in json.loads(self.run_client('events', '-o', 'json', *words, status=status)[0])]

    def test_values_are_taken_as_they_stand(self):
        self.assertEqual(self.users(), USERS)
        self.assertEqual(self.users('--user='), [''])
        self.assertEqual(self.users('--user', ''), [''])
        self.assertEqual(self.users('--user=', '--user', 'carl'), ['', 'carl'])
        self.assertEqual(self.users('--user', '[alice,bob]'), ['[alice,bob]'])
        self.assertEqual(self.users('--user', '-2h'), ['-2h'])
        self.assertEqual(self.users('--user=-2h'), ['-2h'])
        self.assertEqual(self.users('--user', '!bob', '--user', '!-2h'), [user for user in USERS if user not in ('bob', '-2h')])
        self.assertEqual(self.users('--user', r'\x1b[31m'), [r'\x1b[31m'])
        self.assertEqual(self.users('--user', '\x1b*'), [r'\x1b[31m'])
        self.assertEqual(self.users('--since', '-2h', status=1), [])

    def test_of_what_is_given_twice_the_last_counts(self):
        self.assertEqual(self.users('--since', 'bogus', '--since', '@1763716661'), USERS[6:])
        self.assertEqual(self.run_client('events', '-o', 'csv', '-o', 'json-lines', '-n', '5', '-n1')[0].count('\n'), 1)

    def test_an_option_takes_one_word(self):
        self.assertIn("unknown argument 'bob'", self.run_client('events', '--user', 'alice', 'bob', status=2)[1])

    def test_the_configuration_may_be_named_behind_the_verb(self):
        done = subprocess.run([CLIENT, 'events', '-n', '1', '-c', self.daemon_.config], capture_output=True, check=False, env=self.environment)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_wrong_is_answered_with_what_is_right(self):
        for words, said in ((('evnts',), "unknown verb 'evnts' (is 'events' meant?)"),
                            (('events', '--sinse', '2h'), "unknown option '--sinse' (is '--since' meant?)"),
                            (('events', '--x\x1b[2J'), r"unknown option '--x\x1b[2J'; try"),
                            (('db',), "'db' needs one of init, upgrade, check, purge"),
                            (('events', '-S', 'now', '-U', 'yesterday'), '--since must be before --until'),
                            (('events', '-o', 'xml'), '--output needs table, json, json-lines, csv or short, not'),
                            (('events', '--user'), '--user NAME is missing; try'),
                            (('events', '-S', '2026-02-31'), "not '2026-02-31': there is no such day"),
                            (('events', '-U', 'Mon 2026-11-20'), 'it is another day of the week'),
                            (('sessions', '--event', 'auth'), '--event and --outcome are for single events'),
                            (('last', '--outcome', '!attempt'), '--event and --outcome are for single events'),
                            (('traffic', '--event', 'auth'), '--event and --outcome are for single events'),
                            (('traffic', 'persons'), "traffic needs users, days, addresses, nets, hosts, sessions or total, not 'persons'"),
                            (('traffic', '--prefix', '8'), 'iptracking traffic nets --prefix 16'),
                            (('top', 'persons'), "top needs addresses, users, nets, hosts, services or total, not 'persons'"),
                            (('events', '-n', 'many'), "--lines needs a number from 1 on, or 'all', not 'many'")):
            with self.subTest(words):
                self.assertIn(said, self.run_client(*words, status=2)[1])

    def test_alone_it_lists_the_verbs(self):
        done = subprocess.run([CLIENT], capture_output=True, text=True, check=False, env=self.environment)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r'(?s)events .*status .*db .*say what to do')

    def test_nothing_found_is_1_in_each_form(self):
        for form, text in (('table', ''), ('json', '[]\n'), ('json-lines', ''), ('short', '')):
            self.assertEqual(self.run_client('events', '--user', 'nobody', '-o', form, status=1)[0], text)
        self.assertIn('nothing matched', self.run_client('events', '--user', 'nobody', status=1)[1])
        self.assertEqual(self.run_client('events', '--user', 'nobody', '-q', status=1)[1], '')

    def test_what_there_is_is_said_where_nothing_matched(self):
        self.assertEqual(self.run_client('top', '--user', 'nobody', '--utc', status=1)[1],
                         'iptracking: nothing matched; the newest event is of 2025-11-21 09:17:42Z\n')
        self.assertIn('is of 2025-11-21 09:17:42\n', self.run_client('users', 'nobody', status=1)[1])
        empty = Sqlite(self.sub('empty'))
        config = self.folder / 'empty.yml'
        config.write_text(empty.config)
        empty.path.parent.mkdir()
        for words in ('db', 'init'), ('events',):
            done = subprocess.run([CLIENT, '-c', config, *words], capture_output=True, text=True, check=False, env=self.environment)
        self.assertEqual((done.returncode, done.stderr), (1, 'iptracking: nothing matched: there is no event yet\n'))

    def test_one_and_many_are_the_same_word(self):
        for one, many in (('user', 'users'), ('address', 'addresses'), ('service', 'services')):
            self.assertEqual(self.run_client('top', one), self.run_client('top', many))
        self.assertEqual(self.run_client('failures', '--by', 'users'), self.run_client('failures', '--by', 'user'))

    def test_what_changes_nothing_is_said(self):
        self.assertIn('--schema is ignored: it is for PostgreSQL, and the driver is sqlite3',
                      self.run_client('--schema', 'x', 'events', '-n1')[1])
        self.assertIn("no time zone 'Mars/Base'", self.run_client('events', '-n1', TZ='Mars/Base')[1])
        for zone in ('CET-1CEST', ':Europe/Berlin', '/usr/share/zoneinfo/Europe/Berlin', ''):
            self.assertEqual(self.run_client('events', '-n1', TZ=zone)[1], '')

    def test_follow_ends_at_until(self):
        self.assertEqual(self.run_client('events', '-f', '--until', '@1763716657', '-o', 'short')[0].count('\n'), 2)

    def test_who_reads_no_further_ends_it_quietly(self):
        self.daemon_.write('iptracking/1 event=auth user=many src=192.0.2.7 service=sshd\n' * 5000)
        wait_until(lambda: Sqlite(self.folder).count() == 5000 + len(USERS), what='the rows')
        script = '"$0" -c "$1" events -o short | head -n 1; echo "${PIPESTATUS[0]}"'
        done = subprocess.run(['bash', '-c', script, CLIENT, self.daemon_.config], capture_output=True, text=True, check=False,
                              env=self.environment)
        self.assertRegex(done.stdout, r'^2025\S* auth .*\n0\n$')
        self.assertEqual(done.stderr, '')

    def on_terminal(self, *words, **environment):
        """What a terminal shows, and the exit status."""
        pid, master = pty.fork()
        if pid == 0:
            os.execve(CLIENT, [str(CLIENT), '-c', str(self.daemon_.config), *words],
                      {**self.environment, 'TERM': 'xterm', 'COLUMNS': '100', 'SYSTEMD_PAGERSECURE': '0', **environment})
        shown = b''
        while select.select([master], [], [], 30)[0]:
            try:
                shown += os.read(master, 65536)
            except OSError:     # the other side is closed
                break
        os.close(master)
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_a_terminal_has_colours_and_a_pager_and_a_pipe_has_none(self):
        self.assertEqual(self.on_terminal('events', '-n1', PAGER='sed s/^/paged:/')[0].count('paged:'), 2)
        shown, status = self.on_terminal('events', '-n1', '--no-pager', PAGER='sed s/^/paged:/')
        self.assertIn('\x1b[1mTIME', shown)
        self.assertNotIn('paged:', shown)
        self.assertEqual(status, 0)
        self.assertNotIn('\x1b', self.on_terminal('events', '-n1', '--no-pager', NO_COLOR='1')[0])
        self.assertNotIn('\x1b', self.on_terminal('events', '-n1', '--no-pager', TERM='dumb')[0])
        self.assertIn('\x1b', self.run_client('events', '-n1', '--color=always')[0])
        self.assertNotIn('\x1b', self.run_client('events', '-n1')[0])

    def test_whoever_leaves_the_pager_has_seen_the_answer(self):
        shown, status = self.on_terminal('events', '--no-legend', '-o', 'short', PAGER='head -n 1')
        self.assertEqual((len(shown.splitlines()), status), (1, 0))

    def test_a_table_is_as_wide_as_the_terminal(self):
        for width in (40, 72, 100, 150):
            shown, _ = self.on_terminal('events', '--no-pager', '-q', COLUMNS=str(width), NO_COLOR='1')
            self.assertLessEqual(max(map(len, re.split('\r?\n', shown))), width, shown)

    def test_what_matters_less_goes_first_where_there_is_no_room(self):
        shown, _ = self.on_terminal('events', '--no-pager', COLUMNS='64', NO_COLOR='1')
        self.assertRegex(shown, r'TIME +EVENT OUTCOME USER +SOURCE +SPORT')
        self.assertIn('There is no room for', shown)
        shown, _ = self.on_terminal('daily', '--no-pager', COLUMNS='70', NO_COLOR='1')
        self.assertRegex(shown, '█ *\r\n')
        self.assertEqual(max(map(len, shown.split('\r\n'))), 70)
        self.assertNotIn('…', shown)
