# SPDX-License-Identifier: GPL-2.0-or-later
"""The client: it makes, upgrades, examines and purges the database of the daemon's configuration."""
import itertools
import json
import os
import random
import sqlite3
import subprocess
import time
import unittest

from postgres_server import SQL, Server, as_postgres, programs, quoted
from programs import BUILD, DAEMON, DRIVERS, Csv, Programs, Run, Sqlite, wait_until

CLIENT = BUILD / 'src/client/iptracking'
HOSTILE = 'we"ird; DROP SCHEMA public; -- \'\\ $$ :x ü'
NEWEST = len(list(SQL.glob('postgresql-*.sql')))
NEWEST_SQLITE = len(list(SQL.glob('sqlite3-*.sql')))
LINE = 'iptracking/1 event={} time={} user={} src={} sport={} pid={} service=sshd\n'
DAY = 86400


def start_client(config, *words, environment=None):
    return subprocess.Popen([CLIENT, '-c', config, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            env={'TZ': 'UTC', 'STATE_DIRECTORY': str(config.parent), **(environment or {})})


class Client(Programs):
    def configure(self, config):
        path = self.folder / 'client.yml'
        path.write_text(config)
        return path

    def client(self, *words, config, status=0, **arguments):
        """What it says, in both ways."""
        process = start_client(self.configure(config), *words, **arguments)
        said = ''.join(process.communicate(timeout=60))
        self.assertEqual(process.returncode, status, f'{words}: {said}')
        return said


@unittest.skipUnless('postgresql' in DRIVERS, 'the build has no postgresql')
class OnPostgres(Client):
    server, numbers = None, itertools.count(1)

    def setUp(self):
        super().setUp()
        if OnPostgres.server is None:   # of our own: tests change its roles
            OnPostgres.server = Server(fsync=False)
            self.server.database().close()  # makes the role of the daemon

    def empty(self, options=''):
        """A new database; gives the keywords of a daemon for it."""
        self.name = f'client_{next(self.numbers)}'
        self.server.query(f'CREATE DATABASE {self.name} TEMPLATE template0 {options}')
        return self.keywords()

    def keywords(self, *, schema=None, admin='postgres', **more):
        return {'driver-name': 'postgresql', 'host': str(self.server.folder), 'port': str(self.server.port), 'dbname': self.name,
                'user': 'iptracking', **({'schema': schema} if schema else {}), **({'admin': {'user': admin}} if admin else {}), **more}

    def config(self, keywords, more=''):
        return f'database: {json.dumps(keywords, ensure_ascii=False)}\n{more}'

    def db(self, verb, keywords, *words, more='', **arguments):
        return self.client('db', verb, *words, config=self.config(keywords, more), **arguments)

    def ask(self, sql, arguments=None, user='postgres'):
        connection = self.server.connect(self.name, user=user)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, arguments)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def apply(self, version):
        self.ask((SQL / f'postgresql-{version}.sql').read_text())

    def log(self, age, uid='x', schema='public'):
        self.ask(f"SELECT {quoted(schema)}.log_one_event(NULL, '192.0.2.7', 1, 'auth', %s, now() - %s::interval)", (uid, age))


class Init(OnPostgres):
    def test_it_makes_the_schema_once_and_says_so(self):
        keywords = self.empty()
        self.assertIn(f'schema version {NEWEST} is in place (was none)', self.db('init', keywords))
        self.log('1 hour')
        said = self.db('init', keywords)
        self.assertIn(f'schema version {NEWEST} is in place (was {NEWEST})', said)
        self.assertNotIn('ROLE', said)
        self.assertEqual(self.ask('SELECT count(*) FROM inet_log'), [(1,)])

    def test_what_the_role_of_the_daemon_lacks_is_said_as_SQL_that_works(self):
        role = 'new "role" ü'
        keywords = {**self.empty(), 'user': role}
        said = self.db('init', keywords)
        statement = said.strip().rsplit('\n', 1)[1]
        self.assertEqual(statement, f'CREATE ROLE {quoted(role)} LOGIN IN ROLE iptracking_writer;')
        self.assertIn(statement, self.db('check', keywords, status=1))
        self.ask(f'CREATE ROLE {quoted(role)}')
        said = self.db('init', keywords)
        self.assertIn(f'GRANT iptracking_writer TO {quoted(role)};', said)
        self.ask(said.strip().rsplit('\n', 1)[1])
        said = self.db('init', keywords)
        self.ask(said.strip().rsplit('\n', 1)[1])
        self.assertNotIn('psql', self.db('init', keywords))
        self.db('check', keywords)

    def test_a_daemon_stores_into_a_schema_of_any_name(self):
        self.empty()
        keywords = self.keywords(schema=HOSTILE)
        for _ in range(2):
            self.db('init', keywords)
        self.assertIn('is in place', self.db('init', self.keywords(), '--schema', HOSTILE))
        self.db('check', keywords)
        daemon = self.daemon(config=self.config(keywords))
        daemon.write(LINE.format('auth', 1, 'x', '192.0.2.7', 1, 1))
        wait_until(lambda: self.ask(f'SELECT count(*) FROM {quoted(HOSTILE)}.inet_log') == [(1,)], what='the row')
        self.assertEqual(self.ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), [(0,)])
        self.assertIn('1 events before', self.db('purge', keywords, '--before', '2020-01-01'))

    def test_the_SQL_that_is_printed_makes_the_schema_through_psql(self):
        for schema in (None, HOSTILE):
            with self.subTest(schema):
                keywords = {**self.empty(), **({'schema': schema} if schema else {})}
                config = self.configure(self.config({**keywords, 'host': '/nowhere'}))
                printed = subprocess.run([CLIENT, '-c', config, 'db', 'init', '--sql'], capture_output=True, check=True)
                self.assertIn(b'CREATE ROLE "iptracking" LOGIN IN ROLE iptracking_writer;', printed.stderr)
                subprocess.run(as_postgres(programs() / 'psql', '--no-psqlrc', '--quiet', '-v', 'ON_ERROR_STOP=1', '-h',
                                           self.server.folder, '-p', self.server.port, '-d', self.name),
                               input=printed.stdout, check=True, cwd='/', capture_output=True, env={'LC_ALL': 'C'})
                self.assertIn(f'(was {NEWEST})', self.db('init', keywords))
                self.db('check', keywords)

    def test_without_rights_it_says_who_has_them(self):
        keywords = self.empty()
        del keywords['admin']
        said = self.db('init', keywords, status=3)
        self.assertRegex(said, "(permission denied|must have admin option).*'admin' of the configuration")
        self.assertEqual(self.ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), [(0,)])

    def test_the_owner_of_the_database_who_may_make_roles_can_do_all(self):
        # (Who made the roles may make others members of them.  In a server that has them, the superuser allows it.)
        keywords = self.empty()
        self.ask(f'CREATE ROLE keeper LOGIN CREATEROLE; ALTER DATABASE {self.name} OWNER TO keeper; GRANT iptracking_owner TO keeper')
        keywords['admin']['user'] = 'keeper'
        self.db('init', keywords)
        self.db('check', keywords)
        self.log('2 hours')
        self.assertIn('1 events', self.db('purge', keywords, '--older-than', '1h'))

    def test_what_others_have_made_is_not_called_with_the_rights_of_the_administrator(self):
        self.empty()
        self.ask('CREATE TABLE called (by text); GRANT INSERT ON called TO PUBLIC')
        for name, types, result in (('has_table_privilege', 'regclass, text', 'boolean'), ('pg_has_role', 'oid, text, text', 'boolean'),
                                    ('has_table_privilege', 'text, oid, text', 'boolean'), ('has_table_privilege', 'text, text', 'boolean'),
                                    ('pg_advisory_xact_lock', 'integer', 'boolean'), ('quote_ident', 'name', 'text')):
            self.ask(f'''CREATE FUNCTION {name}({types}) RETURNS {result} LANGUAGE sql AS
                         $$ INSERT INTO called VALUES (current_user); SELECT NULL::{result} $$''')
        keywords = self.keywords(schema='logins')
        self.db('init', keywords)
        self.db('check', keywords)
        self.assertIn('0 events', self.db('purge', keywords, '--before', '2020-01-01'))
        self.assertEqual(self.ask('SELECT * FROM called'), [])

    def test_a_service_file_says_where_the_database_is(self):
        self.empty()
        service = self.folder / 'services'
        service.write_text(f'[logins]\nhost={self.server.folder}\nport={self.server.port}\ndbname={self.name}\nuser=postgres\n')
        said = self.db('init', {'driver-name': 'postgresql', 'service': 'logins'}, environment={'PGSERVICEFILE': str(service)})
        self.assertIn('postgresql service=logins: schema version', said)


class Upgrade(OnPostgres):
    def test_rows_stay_and_what_is_new_is_there(self):
        keywords = self.empty()
        self.apply(1)
        self.log('1 hour', 'alice')
        self.assertIn(f"has version 1, the newest is {NEWEST}: 'iptracking db upgrade'", self.db('check', keywords, status=1))
        done = subprocess.run([DAEMON, '-c', self.configure(self.config(keywords)), '--check'], capture_output=True, text=True, check=True)
        self.assertIn(f"schema version 1 (the newest is {NEWEST}: 'iptracking db upgrade')", done.stdout)
        self.assertIn("'iptracking db upgrade'", self.db('purge', keywords, '--older-than', '1h', status=3))
        self.assertIn(f'schema version {NEWEST} is in place (was 1)', self.db('upgrade', keywords))
        self.assertEqual(self.ask('SELECT uid FROM inet_log'), [('alice',)])
        self.db('check', keywords)

    def test_it_does_not_wait_for_ever_for_others(self):
        keywords = self.empty()
        self.apply(1)
        holder = self.server.connect(self.name, user='iptracking')
        holder.cursor().execute('SELECT pg_advisory_lock(1768977522)')
        self.assertIn('lock timeout', self.db('upgrade', keywords, status=3))
        holder.close()
        question = self.server.connect(self.name)
        question.autocommit = False
        question.cursor().execute('LOCK schema_info')
        self.assertIn('lock timeout', self.db('upgrade', keywords, status=3))
        question.close()
        self.assertIn('(was 1)', self.db('upgrade', keywords))

    def test_there_has_to_be_a_schema_of_a_version_that_is_known(self):
        keywords = self.empty()
        self.assertIn("'iptracking db init'", self.db('upgrade', keywords, status=3))
        self.db('init', keywords)
        self.ask('UPDATE schema_info SET version = 99')
        for verb in ('upgrade', 'init', 'check'):
            self.assertIn('this program knows those up to', self.db(verb, keywords, status=1 if verb == 'check' else 3))

    def test_several_at_once_do_it_once(self):
        for verb, before in (('init', 'none'), ('upgrade', '1')):
            keywords = self.empty()
            if verb == 'upgrade':
                self.apply(1)
            config = self.configure(self.config(keywords))
            running = [start_client(config, 'db', verb) for _ in range(5)]
            said = [''.join(process.communicate(timeout=60)) for process in running]
            self.assertEqual([process.returncode for process in running], [0] * 5, said)
            self.assertEqual(sum(f'(was {before})' in words for words in said), 1, said)
            self.db('check', keywords)


class Check(OnPostgres):
    def test_a_good_one_is_described(self):
        keywords = self.empty()
        self.db('init', keywords)
        said = self.db('check', keywords)
        for words in (f'dbname={self.name}', 'encoding       UTF8', f'version {NEWEST}, the newest is {NEWEST}', 'that of the schema',
                      'iptracking may store events and nothing else', 'one for all', 'oldest event   none'):
            self.assertIn(words, said)
        self.log('1 hour')
        self.assertRegex(self.db('check', keywords), r'newest event   \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z')

    def test_whoever_may_only_store_sees_what_he_may(self):
        self.db('init', self.empty())
        said = self.db('check', self.keywords(admin=None))
        self.assertIn('not readable as iptracking', said)
        self.assertIn(f'version {NEWEST}', said)

    def test_what_is_wrong_is_named_with_what_mends_it(self):
        keywords = self.empty()
        self.assertIn("'iptracking db init' makes them", self.db('check', keywords, status=1))
        self.assertIn("'iptracking db init' makes them", self.db('check', keywords, '--schema', 'nowhere', status=1))
        self.db('init', keywords)
        for role in ('reader IN ROLE iptracking_writer, iptracking_reader', 'root SUPERUSER', 'owner IN ROLE iptracking_owner'):
            self.server.query(f'CREATE ROLE check_{role}')
        cases = {
            'REVOKE iptracking_writer FROM iptracking': ('GRANT iptracking_writer TO iptracking',
                                                         'cannot store events; in psql: GRANT iptracking_writer TO "iptracking";'),
            'REVOKE EXECUTE ON FUNCTION log_events FROM iptracking_writer': (
                'GRANT EXECUTE ON FUNCTION log_events TO iptracking_writer', 'may not execute log_events'),
            'GRANT SELECT ON inet_log TO iptracking': ('REVOKE ALL ON inet_log FROM iptracking', 'read or change inet_log'),
            'GRANT CREATE ON SCHEMA public TO PUBLIC': ('REVOKE CREATE ON SCHEMA public FROM PUBLIC', 'make things in the schema'),
            'ALTER ROLE iptracking NOLOGIN': ('ALTER ROLE iptracking LOGIN', 'ALTER ROLE "iptracking" LOGIN;'),
            "SELECT partition_inet_log('day', 0)": ('UPDATE settings SET partition_by = NULL', 'no partition is made ahead'),
        }
        for breaking, (mending, words) in cases.items():
            with self.subTest(breaking):
                self.ask(breaking)
                self.assertIn(words, self.db('check', keywords, status=1))
                self.ask(mending)
                self.db('check', keywords)
        for role, words in (('check_reader', 'read or change inet_log'), ('check_root', 'as a superuser'),
                            ('check_owner', 'execute purge')):
            with self.subTest(role):
                self.ask(f'ALTER ROLE {role} LOGIN')
                said = self.db('check', {**keywords, 'user': role}, status=1)
                self.assertRegex(said, f'may do more than store events: .*{words}')

    def test_a_function_of_the_administrator_is_no_fault(self):
        keywords = self.empty()
        self.db('init', keywords)
        source, = self.ask("SELECT pg_get_functiondef('log_one_event'::regproc)")[0]
        self.ask(source.replace('BEGIN', 'BEGIN  -- another', 1))
        self.assertIn('was replaced', self.db('check', keywords))

    def test_partitions_ahead_are_counted(self):
        keywords = self.empty()
        self.db('init', keywords)
        self.ask("SELECT partition_inet_log('month', 2)")
        self.assertIn('partitions     3, one a month, 2 ahead', self.db('check', keywords))

    def test_a_database_of_another_encoding_is_refused(self):
        keywords = self.empty("ENCODING 'LATIN1' LOCALE 'C'")
        self.assertIn('the encoding LATIN1', self.db('init', keywords, status=3))
        self.assertRegex(self.db('check', keywords, status=1), "LATIN1.*CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0;")
        self.assertEqual(self.ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), [(0,)])

    def test_a_server_that_is_away_or_read_only_is_said(self):
        keywords = self.empty()
        said = self.db('check', {**keywords, 'port': '1'}, status=3)
        self.assertRegex(said, f'port=1 dbname={self.name}: connection to server .* failed: No such file')
        said = self.db('check', {key: value for key, value in keywords.items() if key != 'admin'} | {'user': 'nobody there'}, status=3)
        self.assertRegex(said, 'role "nobody there" does not exist .as the daemon: the configuration has no .admin')
        self.db('init', keywords)
        self.ask(f'ALTER DATABASE {self.name} SET default_transaction_read_only = on')
        self.assertIn('the server is read-only', self.db('check', keywords, status=1))
        self.assertIn('read-only transaction', self.db('purge', keywords, '--older-than', '1h', status=3))
        self.assertIn('does not exist', self.db('check', {**keywords, 'dbname': 'nowhere'}, status=3))


class Purge(OnPostgres):
    def test_old_events_go_and_their_number_is_said(self):
        keywords = self.empty()
        self.db('init', keywords)
        for age in ('40 days', '35 days', '31 days', '29 days', '1 hour'):
            self.log(age, age)
        self.assertIn('--older-than', self.db('purge', keywords, status=3))
        self.assertRegex(self.db('purge', keywords, '--dry-run', more='retention: 30d\n'), '^3 events before .* would be removed')
        self.assertEqual(self.ask('SELECT count(*) FROM inet_log'), [(5,)])
        self.assertRegex(self.db('purge', keywords, '--older-than', '36d'), '^1 events before .* were removed')
        self.assertRegex(self.db('purge', keywords, more='retention: 30d\n'), '^2 events before .* were removed')
        self.assertRegex(self.db('purge', keywords, more='retention: 30d\n'), '^0 events')
        self.assertEqual(self.ask('SELECT uid FROM inet_log ORDER BY log_date'), [('29 days',), ('1 hour',)])

    def test_partitions_are_dropped_and_made_ahead(self):
        keywords = self.empty()
        self.db('init', keywords)
        self.ask("SELECT partition_inet_log('day', 1)")
        self.ask("SET ROLE iptracking_owner; SELECT make_partition(date_trunc('day', now()) - interval '9 days', date_trunc('day', now()) - interval '8 days')")
        self.log('8 days 12 hours')
        self.log('1 minute')
        self.ask('UPDATE settings SET partitions_ahead = 2')
        self.assertRegex(self.db('purge', keywords, '--older-than', '7d'), '^1 events')
        self.assertIn('partitions     3, one a day, 2 ahead', self.db('check', keywords))

    def test_only_who_owns_may(self):
        self.db('init', self.empty())
        self.assertRegex(self.db('purge', self.keywords(admin=None), '--older-than', '1h', status=3), 'permission denied.*admin')

    def test_the_future_is_refused(self):
        self.db('init', self.empty())
        self.assertIn('in the future', self.db('purge', self.keywords(), '--before', '2999-01-01', status=3))


class CommandLine(Client):
    def test_wrong_usage_is_2_and_a_bad_configuration_78(self):
        config = 'database: {driver-name: csvfile, filename: /nowhere/x.csv}\n'
        for words in ([], ['db'], ['db', 'init', 'more'], ['db', 'init', '--sq'], ['nothing'], ['db', 'purge', '--before', '31.12.2025'],
                      ['db', 'purge', '--older-than', '3'], ['db', 'purge', '--older-than', '1d', '--before', '2025-01-01'],
                      ['--schema', 'x' * 64, 'db', 'check'], ['db', 'purge', '--before']):
            with self.subTest(words):
                self.client(*words, config=config, status=2)
        self.assertIn(r'--x\x1b[31m\x0a\xc2\x9b', self.client('db', 'init', '--x\x1b[31m\n\u009b', config=config, status=2))
        self.assertRegex(self.client('db', 'check', config='datebase: 3\n', status=78), r'client.yml:1:1: unknown key')

    def test_help_and_version_are_answered(self):
        self.assertRegex(self.client('--version', config=''), r'^iptracking [0-9.]+\n$')
        for words in ([], ['db'], ['db', 'purge']):
            self.assertIn('Usage: iptracking', self.client(*words, '--help', config=''))

    def test_what_cannot_be_written_is_a_failure(self):
        with open('/dev/full', 'w', encoding='ascii') as full:
            done = subprocess.run([CLIENT, '--version'], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 3, done.stderr)

    def test_for_a_CSV_file_there_is_nothing_to_do(self):
        store = Csv(self.sub('csv'))
        store.path.parent.mkdir()
        for verb in ('init', 'upgrade'):
            self.assertIn('nothing to do', self.client('db', verb, config=store.config))
        self.assertIn('will be made', self.client('db', 'check', config=store.config))
        self.assertIn('logrotate', self.client('db', 'purge', '--older-than', '1d', config=store.config, status=3))


def recomputed(store):
    """What the views that read summaries have to say, from the rows; and what they say."""
    address = 'SELECT {} src_ipaddr, count(*), min(log_date), max(log_date) FROM inet_log WHERE src_ipaddr IS NOT NULL GROUP BY {}'
    pairs = {
        'ips': address.format('dst_ipaddr,', '1, 2'),
        'agg_ips': address.format('', '1'),
        'user_addresses': """SELECT uid, src_ipaddr, count(*), min(log_date), max(log_date) FROM inet_log
                             WHERE outcome = 'success' AND uid IS NOT NULL AND src_ipaddr IS NOT NULL GROUP BY 1, 2""",
    }
    return [(name, sorted(store.query(sql), key=repr), sorted(store.query(f'SELECT * FROM {name}'), key=repr))
            for name, sql in pairs.items()]


class OnSqlite(Client):
    def setUp(self):
        super().setUp()
        self.store = Sqlite(self.folder)

    def assert_summaries_exact(self):
        for name, rows, view in recomputed(self.store):
            self.assertEqual(view, rows, name)

    def test_root_makes_it_as_the_daemon_would(self):
        if os.geteuid() != 0:
            self.skipTest('not root')
        self.folder.chmod(0o755)
        self.store.path.parent.mkdir()
        os.chown(self.store.path.parent, 65534, 65533)
        self.assertIn("'iptracking db init' makes it", self.client('db', 'check', config=self.store.config, status=3))
        self.assertIn('(was none)', self.client('db', 'init', config=self.store.config, environment={'STATE_DIRECTORY': ''}))
        for path in self.store.path.parent.iterdir():
            status = path.stat()
            self.assertEqual((status.st_uid, status.st_gid, status.st_mode & 0o777), (65534, 65533, 0o640), path)
        self.assertIn(f'(was {NEWEST_SQLITE})', self.client('db', 'init', config=self.store.config))

    def test_a_running_daemon_is_not_disturbed(self):
        run = Run(self, self.folder, self.store)
        for verb in ('init', 'upgrade', 'check'):
            run.send(100)
            self.client('db', verb, config=self.store.config)
            run.wait_until_stored()
        self.assertNotIn('Keeping', run.daemon.said())
        run.finish()

    def test_an_older_one_is_upgraded_and_a_stranger_is_not(self):
        self.store.path.parent.mkdir()
        old = sqlite3.connect(self.store.path)
        old.executescript((SQL / 'sqlite3-1.sql').read_text())
        old.close()
        self.assertIn('has version 1', self.client('db', 'check', config=self.store.config, status=1))
        self.assertIn('(was 1)', self.client('db', 'upgrade', config=self.store.config))
        self.client('db', 'check', config=self.store.config)
        self.store.path.unlink()
        for name in (None, 'stranger'):
            other = sqlite3.connect(self.store.path)
            other.execute(f'CREATE TABLE {name} (x)' if name else 'PRAGMA user_version = 0')
            other.close()
            self.client('db', 'upgrade', config=self.store.config, status=3)
        self.assertIn('not one of iptracking', self.client('db', 'init', config=self.store.config, status=3))

    def test_damage_is_found(self):
        run = Run(self, self.folder, self.store)
        run.send(5000)
        run.wait_until_stored()
        run.daemon.stop()
        self.assertIn('integrity      ok', self.client('db', 'check', config=self.store.config))
        with open(self.store.path, 'r+b') as file:
            file.seek(os.path.getsize(self.store.path) // 2)
            file.write(os.urandom(8192))
        self.assertIn('is damaged', self.client('db', 'check', config=self.store.config, status=1))

    def fill(self, run, now):
        """Events of five days, the newest last, with sessions that end and some that do not."""
        choice = random.Random(7)
        lines = []
        for number in range(16000):
            when = int((now - 5 * DAY + number * 5 * DAY / 16000) * 1e6)
            kind = choice.choice(['auth'] * 6 + ['account', 'open_session', 'close_session'])
            lines.append(LINE.format(kind, when, f'u{choice.randrange(20)}', f'198.51.100.{choice.randrange(40)}',
                                     choice.randrange(1, 99), choice.randrange(1, 300)))
        run.daemon.write(''.join(lines))
        run.sent += len(lines)
        run.wait_until_stored()

    def test_what_is_old_goes_while_a_daemon_stores_and_all_views_stay_exact(self):
        run = Run(self, self.folder, self.store)
        now = time.time()
        self.fill(run, now)
        self.assert_summaries_exact()
        cut = time.strftime('%Y-%m-%d 13:05:07', time.gmtime(now - 1.5 * DAY))
        before = cut.replace(' ', 'T') + '.000000Z'
        old = self.store.query(f"SELECT count(*) FROM inet_log WHERE log_date < '{before}'")[0][0]
        sessions = {name: self.store.query(f"SELECT * FROM {name} WHERE start_date >= '{before}' ORDER BY id")
                    for name in ('open_sessions', 'completed_sessions')}
        self.assertGreater(old, 10000)   # more than a step
        self.assertIn(f'{old} events before {before} would be', self.client('db', 'purge', '--before', cut, '--dry-run',
                                                                            config=self.store.config))
        process = start_client(self.configure(self.store.config), 'db', 'purge', '--before', cut)
        number = 0
        while process.poll() is None:   # it does not wait for us
            run.daemon.write(LINE.format('account', int((now - number) * 1e6), f'u{number % 20}', f'198.51.100.{number % 40}', 1, 900))
            number += 1
            time.sleep(0.005)
        run.sent += number
        said = ''.join(process.communicate())
        self.assertEqual(process.returncode, 0, said)
        self.assertIn(f'{old} events before {before} were removed', said)
        run.wait(lambda: self.store.count() == run.sent - old, what='what was sent meanwhile')
        self.assert_summaries_exact()
        for name, rows in sessions.items():
            self.assertGreater(len(rows), 0)
            self.assertEqual(self.store.query(f'SELECT * FROM {name} ORDER BY id'), rows, name)
        self.assertEqual(self.store.query('SELECT count(*) FROM session WHERE open_id NOT IN (SELECT id FROM inet_log)'), [(0,)])
        self.assertIn('integrity      ok', self.client('db', 'check', config=self.store.config))
        self.assertIn('0 events before', self.client('db', 'purge', '--before', cut, config=self.store.config))
        self.assert_summaries_exact()   # which have all in them now

    def test_one_that_is_killed_leaves_exact_counts_and_the_next_one_finishes(self):
        run = Run(self, self.folder, self.store)
        now = time.time()
        self.fill(run, now)
        run.daemon.stop()
        cut = time.strftime('%Y-%m-%d 13:05:07', time.gmtime(now - DAY))
        process = start_client(self.configure(self.store.config), 'db', 'purge', '--before', cut)
        wait_until(lambda: self.store.count() < run.sent, what='the first step')
        process.kill()
        process.communicate()
        for name, rows, view in recomputed(self.store):
            self.assertEqual([row[:-2] for row in view], [row[:-2] for row in rows], name)
        self.client('db', 'purge', '--before', cut, config=self.store.config)
        self.assert_summaries_exact()

    def test_numbers_are_never_used_twice_though_all_went(self):
        run = Run(self, self.folder, self.store)
        run.daemon.write(''.join(LINE.format('auth', 1000000 * number, 'x', '192.0.2.7', 1, 1) for number in range(1, 11)))
        run.sent += 10
        run.wait_until_stored()
        run.daemon.stop()
        self.client('db', 'purge', '--before', '2001-01-01', config=self.store.config)
        self.assertEqual(self.store.count(), 0)
        run.start()
        run.send(1)
        wait_until(lambda: self.store.query('SELECT id FROM inet_log') == [(11,)], what='the next number')
