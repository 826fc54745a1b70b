# SPDX-License-Identifier: GPL-2.0-or-later
"""What a database keeps and what it loses beside a daemon that stores: truncated addresses, room that is given back."""
import json
import os
import pty
import random
import subprocess
import time
import unittest

from client_test import CLIENT, DAY, LINE, Client, OnPostgres, recomputed, start_client
from programs import Run, Sqlite


def date(when):
    return time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(when))


def assert_nets_are_shown(test, client):
    """Of alice's logins from 192.0.2.77, 192.0.2.78 and 2001:db8:1:2::3."""
    def rows(*words, **more):
        said = client(*words, '-o', 'json', **more)
        return json.loads(said)
    nets = ['192.0.2.0/24', '2001:db8:1::/48']
    test.assertEqual(sorted(row['source'] for row in rows('events')), [nets[0], *nets])
    test.assertEqual(sorted((row['address'], row['successes']) for row in rows('top', 'addresses')), [(nets[0], 2), (nets[1], 1)])
    test.assertEqual(sorted((row['net'], row['successes']) for row in rows('top', 'nets')), [(nets[0], 2), (nets[1], 1)])
    test.assertEqual(sorted((row['net'], row['successes']) for row in rows('top', 'nets', '--prefix', '16', '--prefix6', '32')),
                     [('192.0.0.0/16', 2), ('2001:db8::/32', 1)])
    test.assertEqual(sorted((row['net'], row['successes']) for row in rows('top', 'nets', '--prefix', '32')), [(nets[0], 2), (nets[1], 1)])
    test.assertEqual(sorted(rows('users', 'alice')[0]['addresses']), nets)
    test.assertEqual(len(rows('new')), 2)
    for net, number in (('192.0.2.0/24', 2), ('192.0.0.0/16', 2), ('2001:db8::/32', 1), ('2001:db8:1::/48', 1)):
        test.assertEqual(len(rows('events', '--from', net)), number, net)
    # Nobody knows any more whether it was one of these.
    for unknown in '192.0.2.77', '192.0.2.0', '192.0.2.0/25', '2001:db8:1:2::/64', '2001:db8:1::':
        test.assertEqual(rows('events', '--from', unknown, status=1), [], unknown)
    test.assertIn('iptracking: nothing matched', client('address', '192.0.2.0', status=1))


class OnSqlite(Client):
    def setUp(self):
        super().setUp()
        self.store = Sqlite(self.folder)
        self.daemon_run = Run(self, self.folder, self.store)

    def fill(self, now, number=16000):
        """Events of five days: logins by password and by key, and attempts, some from IPv6."""
        choice = random.Random(7)
        lines = []
        for count in range(number):
            when = int((now - 5 * DAY + count * 5 * DAY / number) * 1e6)
            source = choice.choice(['198.51.100.{}', '192.0.2.{}', '2001:db8:1:2::{}']).format(choice.randrange(1, 40))
            kind = choice.choice(['auth'] * 6 + ['account', 'open_session', 'close_session'])
            lines.append(LINE.format(kind, when, f'u{choice.randrange(20)}', source, choice.randrange(1, 99), choice.randrange(1, 300)))
        self.daemon_run.daemon.write(''.join(lines))
        self.daemon_run.sent += number
        self.daemon_run.wait_until_stored()

    def ask(self, sql):
        return self.store.query(sql)

    def counts(self):
        """What is not about addresses; and what of theirs remains."""
        return {name: self.ask(sql) for name, sql in {
            'nets': 'SELECT ipnet, sum(log_count), min(start_date), max(end_date) FROM agg_nets_16 GROUP BY 1 ORDER BY 1',
            'days': """SELECT substr(log_date, 1, 10), uid, log_event, outcome, count(*) FROM inet_log
                       GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4""",
            'failures': 'SELECT id, uid, log_date FROM failures ORDER BY id',
            'counts': 'SELECT sum(log_count), sum(failures), sum(successes), sum(opened) FROM address_count',
            'pairs': 'SELECT uid, sum(log_count) FROM user_addresses GROUP BY 1 ORDER BY 1',
            'open': 'SELECT id, uid, start_date FROM open_sessions ORDER BY id',
            'completed': 'SELECT id, uid, start_date, end_date FROM completed_sessions ORDER BY id'}.items()}

    def assert_summaries_exact(self):
        for name, rows, view in recomputed(self.store):
            self.assertEqual(view, rows, name)

    def truncate(self, cut, *words, **more):
        return self.client('db', 'purge', '--truncate-addresses', '--before', cut, *words, config=self.store.config, **more)

    def test_old_addresses_become_nets_while_a_daemon_stores_and_no_count_changes(self):
        now = time.time()
        self.fill(now)
        cut = date(now - 1.5 * DAY)
        before = cut.replace(' ', 'T') + '.000000Z'
        old = self.ask(f"SELECT count(*) FROM inet_log WHERE log_date < '{before}'")[0][0]
        young = self.ask(f"SELECT id, src_ipaddr, src_port FROM inet_log WHERE log_date >= '{before}' ORDER BY id")
        wanted = self.counts()
        self.assertGreater(old, 10000)   # more than a step
        self.assertIn(f'{old} events before {before} would be truncated', self.truncate(cut, '--dry-run'))
        self.assertEqual(self.counts(), wanted)
        process = start_client(self.configure(self.store.config), 'db', 'purge', '--truncate-addresses', '--before', cut)
        number = 0
        while process.poll() is None:   # it does not wait for us
            self.daemon_run.daemon.write(LINE.format('close_session', int((now + number) * 1e6), 'nobody', '203.0.113.7', 1, 900 + number))
            number += 1
            time.sleep(0.005)
        self.daemon_run.sent += number
        said = ''.join(process.communicate())
        self.assertEqual(process.returncode, 0, said)
        self.assertIn(f'{old} events before {before} were truncated', said)
        self.daemon_run.wait_until_stored()
        print(f'        {number} events came meanwhile')
        self.assertEqual(self.ask(f"SELECT src_ipaddr, flags, count(src_port) FROM inet_log WHERE log_date < '{before}' GROUP BY 1, 2"),
                         [('192.0.2.0/24', 8, 0), ('198.51.100.0/24', 8, 0), ('2001:db8:1::/48', 8, 0)])
        self.assertEqual(self.ask(f"SELECT id, src_ipaddr, src_port FROM inet_log WHERE log_date >= '{before}' AND uid <> 'nobody' ORDER BY id"),
                         young)
        self.assert_summaries_exact()
        self.assertEqual(self.without_nobody(), wanted)
        self.assertIn('integrity      ok', self.client('db', 'check', config=self.store.config))
        self.assertIn('0 events before', self.truncate(cut))

    def without_nobody(self):
        """The counts without what came meanwhile."""
        found = self.counts()
        meanwhile = self.ask("SELECT count(*) FROM inet_log WHERE uid = 'nobody'")[0][0]
        found['nets'] = [row for row in found['nets'] if row[0] != '203.0.0.0/16']
        found['days'] = [row for row in found['days'] if row[1] != 'nobody']
        [(events, *rest)] = found['counts']
        found['counts'] = [(events - meanwhile, *rest)]
        return found

    def test_one_that_is_killed_leaves_exact_counts_and_the_next_one_finishes(self):
        now = time.time()
        self.fill(now)
        self.daemon_run.daemon.stop()
        wanted = self.counts()
        process = start_client(self.configure(self.store.config), 'db', 'purge', '--truncate-addresses', '--before', date(now - DAY))
        self.daemon_run.wait(lambda: self.ask('SELECT count(*) FROM inet_log WHERE flags = 8') != [(0,)], what='the first step')
        process.kill()
        process.communicate()
        for name, rows, view in recomputed(self.store):
            self.assertEqual([row[:-2] for row in view], [row[:-2] for row in rows], name)
        self.truncate(date(now - DAY))
        self.assert_summaries_exact()
        self.assertEqual(self.counts(), wanted)

    def test_on_a_terminal_it_shows_how_far_it_is(self):
        now = time.time()
        self.fill(now)
        self.daemon_run.daemon.stop()
        master, terminal = pty.openpty()
        process = subprocess.Popen([CLIENT, '-c', self.configure(self.store.config), 'db', 'purge', '--before', date(now)],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal, env={'TZ': 'UTC', 'TERM': 'xterm'})
        os.close(terminal)
        self.assertRegex(process.communicate(timeout=60)[0], b'^16000 events before .* were removed')
        shown = os.read(master, 1 << 16).decode()
        os.close(master)
        self.assertRegex(shown, r'removing events \[#+ *\] 62\.5%')
        self.assertTrue(shown.endswith('\r\x1b[K'), shown)     # and takes it away

    def test_what_was_dropped_is_nowhere_in_the_files(self):
        self.daemon_run.daemon.write(LINE.format('account', 1, 'x', '203.0.113.213', 1, 1) * 3000)
        self.daemon_run.sent += 3000
        self.daemon_run.wait_until_stored()

        def files_have(text):
            return any(text in path.read_bytes() for path in self.store.path.parent.glob('iptracking.sqlite3*'))
        self.assertTrue(files_have(b'203.0.113.213'))
        self.truncate('2001-01-01')
        self.assertFalse(files_have(b'203.0.113.213'))
        self.assertTrue(files_have(b'203.0.113.0/24'))

    def test_whoever_asks_is_shown_nets_and_no_hosts(self):
        self.daemon_run.daemon.write(''.join(LINE.format('account', 1000000 + number, 'alice', source, 1, number + 1)
                                             for number, source in enumerate(['192.0.2.77', '192.0.2.78', '2001:db8:1:2::3'])))
        self.daemon_run.sent += 3
        self.daemon_run.wait_until_stored()
        self.truncate('2001-01-01')
        assert_nets_are_shown(self, lambda *words, **more: self.client(*words, config=self.store.config, **more))

    def test_a_vacuum_gives_back_what_a_purge_left_while_the_daemon_goes_on(self):
        now = time.time()
        self.fill(now)
        self.client('db', 'purge', '--before', date(now - DAY / 2), config=self.store.config)
        rows = self.ask('SELECT * FROM inet_log ORDER BY id')
        size = self.store.path.stat().st_size
        process = start_client(self.configure(self.store.config), 'db', 'vacuum')
        self.daemon_run.send(50)
        said = ''.join(process.communicate())
        self.assertEqual(process.returncode, 0, said)
        self.assertRegex(said, r': \d+\.\d MiB, was \d+\.\d MiB; it was locked for \d+\.\d s')
        self.daemon_run.wait(lambda: self.store.count() == len(rows) + 50, what='what came meanwhile')
        self.assertLess(self.store.path.stat().st_size, size / 2)
        self.assertEqual(self.ask('SELECT * FROM inet_log ORDER BY id')[:len(rows)], rows)
        self.assert_summaries_exact()

    @unittest.skipUnless(os.geteuid() == 0, 'mounts')
    def test_a_vacuum_looks_for_room_where_its_copy_is_made(self):
        self.fill(time.time(), 3000)
        self.daemon_run.daemon.stop()
        small = self.sub('small')
        done = subprocess.run(['unshare', '-m', 'sh', '-c', 'mount -t tmpfs -o size=64k none "$0" && exec "$@"', small, CLIENT, '-c',
                               self.configure(self.store.config), 'db', 'vacuum'], capture_output=True, text=True, check=False,
                              env={'PATH': os.environ['PATH'], 'SQLITE_TMPDIR': str(small)})
        self.assertEqual(done.returncode, 3, done)
        self.assertRegex(done.stderr, f"to write it anew takes .* of room in '{small}', which has 0.1 MiB")


class OnServers(OnPostgres):
    TRUNCATED = [('192.0.2.0/24', 8), ('203.0.113.7', 0), ('2001:db8:1::/48', 8)]

    def fill(self):
        keywords = self.empty()
        self.db('init', keywords)
        for age, source in (('40 days', '192.0.2.77'), ('39 days', '2001:db8:1:2:3::4'), ('1 hour', '203.0.113.7')):
            self.ask(f"""SELECT log_one_event('198.51.100.5', '{source}', 51234, event, 'alice', now() - '{age}'::interval, 22, outcome, 7,
                                              'sshd', rhost => 'a.example')
                         FROM (VALUES ('auth'::log_event_t, 'attempt'::log_outcome_t), ('auth', 'attempt'), ('auth', 'success'),
                                      ('open_session', NULL), ('close_session', NULL)) AS e(event, outcome)""")
        return keywords

    def counts(self):
        return [self.ask(sql) for sql in (
            'SELECT * FROM agg_nets_16 ORDER BY 1', 'SELECT * FROM agg_nets_8 ORDER BY 1',
            'SELECT id, uid, log_date FROM failures ORDER BY id', 'SELECT id, uid, seconds FROM completed_sessions ORDER BY id',
            'SELECT id, uid FROM open_sessions ORDER BY id', 'SELECT uid, sum(log_count) FROM user_addresses GROUP BY 1')]

    def truncate(self, keywords, *words, **more):
        return self.db('purge', keywords, '--truncate-addresses', *words, **more)

    def test_old_addresses_become_nets_and_no_count_changes(self):
        keywords = self.fill()
        wanted = self.counts()
        self.assertEqual(len(wanted[2]), 3)
        self.assertRegex(self.truncate(keywords, '--dry-run', more='retention: 30d\n'), '^10 events before .* would be truncated')
        self.assertRegex(self.truncate(keywords, '--older-than', '30d'), '^10 events before .* were truncated')
        self.assertEqual(self.ask('SELECT DISTINCT src_ipaddr, flags FROM inet_log ORDER BY 1'), self.TRUNCATED)
        self.assertEqual(self.ask('SELECT count(src_port), count(rhost) FROM inet_log'), [(5, 5)])
        self.assertEqual(self.counts(), wanted)
        self.assertEqual(self.ask('SELECT ipnet, log_count FROM agg_nets_view(32) ORDER BY 1'),
                         [('192.0.2.0/24', 5), ('203.0.113.7/32', 5), ('2001:db8:1::/48', 5)])
        self.assertRegex(self.truncate(keywords, '--older-than', '30d'), '^0 events')

    def test_whoever_asks_is_shown_nets_and_no_hosts(self):
        keywords = {**self.empty(), 'client': {'user': 'postgres'}}
        self.db('init', keywords)
        for number, source in enumerate(('192.0.2.77', '192.0.2.78', '2001:db8:1:2::3')):
            self.ask(f"""SELECT log_one_event(NULL, '{source}', 1, 'auth', 'alice', now() - '40 days {number} s'::interval, 22,
                                              'success', {number + 1}, 'sshd')""")
        self.truncate(keywords, '--older-than', '30d')
        assert_nets_are_shown(self, lambda *words, **more: self.client(*words, config=self.config(keywords), **more))

    def test_it_goes_in_steps_and_each_begins_where_the_last_one_ended(self):
        self.fill()
        since, steps = '-infinity', []
        while since:
            [(number, since)] = self.ask(f"SELECT number, upto::text FROM truncate_addresses(now() - interval '1 day', 3, '{since}')")
            steps.append(number)
        self.assertEqual(steps, [5, 5, 0])      # what has one date is not taken apart
        for wrong, why in (("'infinity'", 'has to be in the past'), ('NULL', 'has to be in the past'), ("'2020-01-01', 0", '1 or more')):
            with self.assertRaisesRegex(Exception, why):
                self.ask(f'SELECT truncate_addresses({wrong})')

    def test_only_who_owns_may_truncate_or_vacuum(self):
        self.fill()
        keywords = self.keywords(admin=None)
        self.assertRegex(self.truncate(keywords, '--older-than', '1h', status=3), 'permission denied.*admin')
        self.assertRegex(self.db('vacuum', keywords, status=3), "only a member of its owner.*'admin'")

    def test_a_vacuum_lets_room_be_used_again(self):
        keywords = self.fill()
        self.db('purge', keywords, '--older-than', '30d')
        self.assertIn('can be used again', self.db('vacuum', keywords))
        self.assertNotEqual(self.ask("SELECT 1 FROM pg_stat_user_tables WHERE relname = 'inet_log_default' AND last_vacuum IS NOT NULL"), [])
