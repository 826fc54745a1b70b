# SPDX-License-Identifier: GPL-2.0-or-later
"""The postgresql schema: what stores alike, who may what, partitions, retention, and the upgrade of a dump.

postgresql-1.dump was made of version 1, with the events of questions_test.py in it, by
    pg_dump --dbname=iptracking >tests/daemon/postgresql-1.dump
"""
import subprocess
import threading
from pathlib import Path

import psycopg2
from postgres_server import SQL, Database, as_postgres, numbers, programs
from programs import OnServer, Postgres, wait_until
from questions_test import ALL, LINES, store

COLUMNS = {'dst_ipaddr': 'inet', 'src_ipaddr': 'inet', 'src_port': 'integer', 'log_event': 'log_event_t', 'uid': 'text',
           'log_date': 'timestamptz', 'dst_port': 'integer', 'outcome': 'log_outcome_t', 'sshd_pid': 'integer', 'service': 'text',
           'tty': 'text', 'ruser': 'text', 'rhost': 'text', 'host': 'text', 'flags': 'integer'}
ROWS = f"SELECT id, {', '.join(f'{name}::text' for name in COLUMNS)} FROM inet_log ORDER BY id"
LOG_ONE = f"SELECT log_one_event({', '.join(f'%s::{type}' for type in COLUMNS.values())})"
ARRAYS = ', '.join(f'%s::{type}[]' for type in COLUMNS.values())
LOG_ALL = f'SELECT log_events({ARRAYS})'
IMPORT = f'SELECT import_events({ARRAYS}, %s)'
DUMP = Path(__file__).parent / 'postgresql-1.dump'


def row_of(src='192.0.2.7', date='2026-03-01T12:00:00Z', **more):
    row = {**dict.fromkeys(COLUMNS), 'src_ipaddr': src, 'log_event': 'auth', 'uid': 'somebody', 'log_date': date, 'flags': 0}
    row.update(more)
    return tuple(row.values())


def log_all(database, rows):
    return database.query(LOG_ALL, [list(column) for column in zip(*rows)])


def import_all(database, rows, origin):
    return database.query(IMPORT, [*(list(column) for column in zip(*rows)), origin])


class Schema(OnServer):
    def database(self):
        return self.server.database()

    def refused(self, database, sql):
        with self.assertRaises(psycopg2.Error) as refused:
            database.query(sql)
        return str(refused.exception)


class Storing(Schema):
    def test_an_event_at_a_time_and_all_at_once_give_identical_rows(self):
        kept = Postgres(self.folder, self.server)
        rows = store('postgresql', self.folder / 'daemon', LINES)(ROWS)
        one, batch = kept.database, self.database()
        for row in rows:
            one.query(LOG_ONE, row[1:])
        self.assertEqual(log_all(batch, [row[1:] for row in rows]), [(len(rows),)])
        self.assertEqual(one.query(ROWS), rows)
        self.assertEqual(batch.query(ROWS), rows)

    def test_events_from_unlogged_nets_are_not_stored(self):
        rows = [row_of(src) for src in ('192.0.2.7', '192.0.3.7', '2001:db8:1::7', '2001:db8:2::7', None, '198.51.100.7',
                                        '198.51.100.8', '::ffff:192.0.2.7')]
        one, batch = self.database(), self.database()
        for database in one, batch:
            database.query("INSERT INTO unlogged_nets VALUES ('192.0.2.0/24', 'ours'), ('2001:db8:1::/48', NULL), "
                           "('198.51.100.7', 'the monitor')")
        for row in rows:
            one.query(LOG_ONE, row)
        log_all(batch, rows)
        for database in one, batch:
            self.assertEqual([src for src, in database.query('SELECT host(src_ipaddr) FROM inet_log ORDER BY id')],
                             ['192.0.3.7', '2001:db8:2::7', None, '198.51.100.8', '::ffff:192.0.2.7'])

    def test_rows_that_are_imported_are_marked_and_those_of_unlogged_nets_left_out(self):
        database = self.database()
        database.query("INSERT INTO unlogged_nets VALUES ('192.0.2.0/24')")
        self.assertEqual(import_all(database, [row_of('192.0.2.7'), row_of('192.0.3.7', uid='x', outcome='attempt'),
                                                row_of(None, outcome='failure')], 'journal'), [(2,)])
        log_all(database, [row_of('198.51.100.7')])
        self.assertEqual(database.query('SELECT host(src_ipaddr), uid, origin FROM inet_log ORDER BY id'), [
            ('192.0.3.7', 'x', 'journal'), (None, 'somebody', 'journal'), ('198.51.100.7', 'somebody', None)])
        self.assertEqual(database.query("SELECT uid FROM failures WHERE origin = 'journal' ORDER BY id"), [('x',), ('somebody',)])
        with self.assertRaisesRegex(psycopg2.Error, 'the origin is null, but'):
            import_all(database, [row_of()], None)

    def test_what_is_imported_takes_its_place_by_date(self):
        def session(event, day, uid='a'):
            return row_of(date=f'2026-03-{day:02}T12:00:00Z', log_event=f'{event}_session', sshd_pid=7, uid=uid)
        database = self.database()
        log_all(database, [session('open', 9)])
        import_all(database, [session('close', 1), session('open', 2), session('close', 3), session('open', 4)], 'wtmp')
        self.assertEqual(database.query('SELECT open_id, close_id FROM session ORDER BY open_id'), [(1, None), (3, 4), (5, None)])
        log_all(database, [session('close', 10)])
        self.assertEqual(database.query('SELECT open_id, close_id FROM session ORDER BY open_id'), [(1, 6), (3, 4), (5, None)])
        self.assertEqual([date.day for date, in database.query('SELECT start_date FROM last_session')], [9])

    def test_prefixes_that_are_none_are_named(self):
        database = self.database()
        for arguments, words in {'33': 'the prefix of IPv4 is 33, but has to be 0 to 32', '-1': 'the prefix of IPv4 is -1',
                                 'NULL': 'the prefix of IPv4 is null',
                                 '24, 129': 'the prefix of IPv6 is 129, but has to be 0 to 128',
                                 '24, -1': 'the prefix of IPv6 is -1'}.items():
            for function in 'nets_view', 'agg_nets_view':
                self.assertIn(words, self.refused(database, f'SELECT * FROM {function}({arguments})'))
        self.assertIn('the step is 1 mon, but', self.refused(database, "SELECT * FROM counts('1 month')"))
        self.assertIn('the step is 00:00:00, but', self.refused(database, "SELECT * FROM net_counts('0')"))


class Roles(Schema):
    VIEWS = '''ips nets_24 nets_16 nets_8 agg_ips agg_nets_24 agg_nets_16 agg_nets_8 session open_sessions completed_sessions
        last_session failures user_addresses new_user_addresses success_after_failures counts_5min counts_15min counts_hour
        counts_day net_counts_5min net_counts_15min net_counts_hour net_counts_day partitions inet_log unlogged_nets settings
        schema_info sample sampled session_traffic session_point traffic user_traffic user_day_traffic address_traffic
        net_24_traffic host_traffic session_key key_user keys'''.split()
    ATTEMPTS = {
        **{f'SELECT * FROM {view}': 'reader owner' for view in VIEWS},
        **{f'SELECT * FROM {call}': 'reader owner' for call in (
            'nets_view(24)', 'agg_nets_view(24)', "sessions('2020-01-01')", "counts('1 h')", "net_counts('1 h')", 'log_one_event_is_replaced()')},
        "SELECT log_one_event(NULL, NULL, NULL, 'auth', 'x', now())": 'writer owner',
        'SELECT log_events(' + ', '.join(f"'{{}}'::{type}[]" for type in COLUMNS.values()) + ')': 'writer owner',
        "SELECT log_samples('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')": 'writer owner',
        "SELECT * FROM stream_place('x')": 'writer owner',
        "SELECT advance_stream('x', NULL, NULL, 1, 1, 1)": 'writer owner',
        'SELECT import_events(' + ', '.join(f"'{{}}'::{type}[]" for type in COLUMNS.values()) + ", 'text')": 'owner',
        'SELECT * FROM stream': 'owner',
        'SELECT * FROM inet_log_default': 'owner',
        "INSERT INTO inet_log (log_event, log_date) VALUES ('auth', now())": 'owner',
        "INSERT INTO inet_log_default (log_event, log_date) VALUES ('auth', now())": 'owner',
        "UPDATE inet_log SET uid = 'x'": 'owner',
        'DELETE FROM inet_log': 'owner',
        "INSERT INTO sample (open_id, log_date) VALUES (1, now())": 'owner',
        'DELETE FROM sampled': 'owner',
        'TRUNCATE inet_log': 'owner',
        'UPDATE settings SET notify = true': 'owner',
        "INSERT INTO unlogged_nets VALUES ('0.0.0.0/0')": 'owner',
        "UPDATE stream SET segment = 0": 'owner',
        'UPDATE schema_info SET version = 7': 'owner',
        "SELECT nextval('inet_log_id_seq')": 'owner',
        "SELECT notify_of_events('x', 1)": 'owner',
        'SELECT make_partitions()': 'owner',
        "SELECT make_partition('2020-01-01', '2020-01-02')": 'owner',
        "SELECT partition_inet_log('day')": 'owner',
        "SELECT purge('2020-01-01')": 'owner',
        "CREATE OR REPLACE FUNCTION net_of(address inet, prefix integer, prefix6 integer) RETURNS cidr LANGUAGE sql "
        'AS $$ SELECT NULL::cidr $$': 'owner',
        'DROP VIEW ips': 'owner',
        'DROP TABLE inet_log CASCADE': 'owner'}

    def test_each_may_do_what_it_should_and_nothing_else(self):
        database = self.database()
        self.server.query('''CREATE ROLE the_writer LOGIN IN ROLE iptracking_writer; CREATE ROLE the_reader LOGIN IN ROLE
            iptracking_reader; CREATE ROLE the_owner LOGIN IN ROLE iptracking_owner; CREATE ROLE the_stranger LOGIN''')
        for role in 'writer', 'reader', 'owner', 'stranger':
            session = self.server.connect(database.name, user=f'the_{role}')
            session.autocommit = False
            for sql, who in self.ATTEMPTS.items():
                with self.subTest(role=role, sql=sql), session.cursor() as cursor:
                    try:
                        cursor.execute(sql)
                        happened = 'done'
                    except psycopg2.Error as error:
                        happened = error.pgcode
                    session.rollback()
                    self.assertEqual(happened, 'done' if role in who.split() else '42501')
            session.close()

    def test_nothing_is_forgotten(self):
        """What is in the schema, whoever added it."""
        database = self.database()
        here = "nspname = 'public' AND rolname"
        self.assertEqual(database.query(f'''SELECT relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
            JOIN pg_roles AS r ON r.oid = relowner WHERE {here} <> 'iptracking_owner' '''), [])
        self.assertEqual(database.query(f'''SELECT proname FROM pg_proc JOIN pg_namespace AS n ON n.oid = pronamespace
            JOIN pg_roles AS r ON r.oid = proowner WHERE {here} <> 'iptracking_owner' '''), [])
        self.assertEqual(database.query('''SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            AND EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)'''), [])
        self.assertEqual({name for name, in database.query('''SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
                AND has_table_privilege('iptracking_reader', oid, 'SELECT')''')}, set(self.VIEWS))
        self.assertEqual(database.query('''SELECT proname FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace AND prosecdef
                AND NOT coalesce('search_path=public, pg_temp' = ANY (proconfig), false)'''), [])


class Neighbours(Schema):
    def empty(self, sql=''):
        database = Database(self.server, f'neighbours_{next(numbers)}')
        self.server.query(f'CREATE DATABASE {database.name} TEMPLATE template0')
        database.query(sql)
        return database

    def test_a_schema_that_everybody_may_make_things_in_is_refused(self):
        database = self.empty('GRANT CREATE ON SCHEMA public TO PUBLIC')    # as it was before PostgreSQL 15
        with self.assertRaisesRegex(psycopg2.Error, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC;'):
            database.apply_schema()
        database.query('ROLLBACK')
        self.assertEqual(database.query("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), [(0,)])
        database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
        database.apply_schema()

    def test_what_somebody_else_has_made_in_the_schema_is_not_called_by_who_applies_it(self):
        database = self.empty('''CREATE TABLE called (by text); CREATE FUNCTION quote_ident(name) RETURNS text LANGUAGE sql AS
            $$ INSERT INTO called VALUES (current_user); SELECT pg_catalog.quote_ident($1::text) $$''')
        database.apply_schema()
        self.assertEqual(database.query('SELECT * FROM called'), [])


class Partitions(Schema):
    def partitions(self, database):
        return database.query("SELECT name::text, to_char(start_date AT TIME ZONE 'UTC', 'YYYYMMDD HH24MI'), "
                              "to_char(end_date AT TIME ZONE 'UTC', 'YYYYMMDD HH24MI') FROM partitions ORDER BY start_date")

    def places(self, database):
        return database.query('SELECT tableoid::regclass::text, uid FROM inet_log ORDER BY id')

    def expected(self, database, step, numbers):
        return database.query(f'''SELECT 'inet_log_p' || to_char(s, 'YYYYMMDD'), to_char(s, 'YYYYMMDD HH24MI'),
                                         to_char(s + interval '1 {step}', 'YYYYMMDD HH24MI')
            FROM (SELECT date_trunc('{step}', now() AT TIME ZONE 'UTC') + number * interval '1 {step}' AS s
                      FROM generate_series(0, {numbers}) AS number) AS it''')

    def filled(self, *dates):
        """Rows at these expressions, each with its number as the user."""
        database = self.database()
        for number, date in enumerate(dates):
            database.query(f"SELECT log_one_event(NULL, '192.0.2.7', 1, 'auth', '{number}', {date})")
        return database

    def test_are_made_from_now_on_and_rows_move_to_theirs(self):
        for step in 'day', 'week', 'month', 'year':
            database = self.filled("now() - interval '400 days'", 'now()', f"now() + interval '1 {step}'",
                                   "now() + interval '90 years'")
            database.query("SET timezone TO 'Pacific/Auckland'; SET datestyle TO 'SQL, DMY'")
            self.assertEqual(database.query(f"SELECT partition_inet_log('{step}', 2)"), [(3,)])
            expected = self.expected(database, step, 2)
            self.assertEqual(self.partitions(database), expected)
            self.assertEqual(self.places(database), [('inet_log_default', '0'), (expected[0][0], '1'), (expected[1][0], '2'),
                                                     ('inet_log_default', '3')])
            self.assertEqual(database.query('SELECT make_partitions()'), [(0,)])
            self.assertEqual(database.query('SELECT partition_by, partitions_ahead FROM settings'), [(step, 2)])
            self.assertEqual(database.query(f"SELECT partition_inet_log('{step}')"), [(1,)])
            self.assertEqual(self.partitions(database), self.expected(database, step, 3))

    def test_another_step_fits_in_behind_the_partitions_that_are_there(self):
        database = self.database()
        database.query("SELECT partition_inet_log('day', 0)")
        database.query("SELECT partition_inet_log('year', 1)")
        found = self.partitions(database)
        day, years = self.expected(database, 'day', 0)[0], self.expected(database, 'year', 1)
        self.assertEqual(found[0], day)
        self.assertEqual(found[-1], years[-1])
        self.assertEqual([end for _, _, end in found[:-1]], [start for _, start, _ in found[1:]])     # no gap, no overlap
        database.query("SELECT partition_inet_log('day', 3)")
        self.assertEqual(self.partitions(database), found)

    def test_wishes_that_are_none_are_named(self):
        database = self.database()
        self.assertIn('the step is hour, but has to be day', self.refused(database, "SELECT partition_inet_log('hour')"))
        self.assertIn('ahead is -1, but has to be 0', self.refused(database, "SELECT partition_inet_log('day', -1)"))
        self.assertIn('the date is infinity, but', self.refused(database, "SELECT purge('infinity')"))
        self.assertIn('the date is null, but', self.refused(database, 'SELECT purge(NULL)'))

    def test_an_event_that_is_not_committed_yet_moves_too(self):
        database = self.filled()
        inserting, asking = self.server.connect(database.name), Database(self.server, database.name)
        inserting.autocommit = False
        with inserting.cursor() as cursor:
            cursor.execute(LOG_ONE, row_of(date='now'))
        made = []
        maker = threading.Thread(target=lambda: made.extend(asking.query("SELECT partition_inet_log('day', 0)")))
        maker.start()
        wait_until(lambda: database.query('SELECT 1 FROM pg_locks WHERE NOT granted'), what='the wait for the event')
        inserting.commit()
        maker.join()
        inserting.close()
        asking.close()
        self.assertEqual(made, [(1,)])
        self.assertEqual(self.places(database), [(self.partitions(database)[0][0], 'somebody')])

    def test_events_that_come_while_partitions_are_made_and_purged_are_all_there_once(self):
        database = self.filled(*["now() - interval '40 days'"] * 3)
        store = Postgres(self.folder, self.server, dbname=database.name)
        store.database = database
        daemon = self.daemon(passed=True, config=store.config)
        sent, stop = [0], threading.Event()
        stored = "SELECT count(*), count(DISTINCT uid) FROM inet_log WHERE uid LIKE 'n%'"

        def send():
            watch = Database(self.server, database.name)
            while not stop.is_set():
                daemon.write(''.join(f'iptracking/1 event=auth user=n{number} src=192.0.2.7\n'
                                     for number in range(sent[0], sent[0] + 100)))
                sent[0] += 100
                wait_until(lambda: watch.query(stored)[0][0] > sent[0] - 1000, what='rows while partitions are made')
            watch.close()
        sender = threading.Thread(target=send)
        sender.start()
        try:
            for step in ('day', 'week', 'month', 'year'):
                for ahead in range(0, 12, 3):
                    database.query(f"SELECT partition_inet_log('{step}', {ahead})")
            gone = sum(database.query(f"SELECT purge(now() - interval '{days} days')")[0][0] for days in (50, 30, 30))
        finally:
            stop.set()
            sender.join()
        self.assertEqual(gone, 3)
        wait_until(lambda: database.query(stored)[0][0] >= sent[0], what=f'{sent[0]} rows: {daemon.said()}')
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(database.query(stored), [(sent[0], sent[0])])
        print(f'measured: {sent[0]} events came in while partitions were made and purged')

    def test_purge_drops_partitions_deletes_the_rest_and_counts_both(self):
        database = self.filled("now() - interval '100 days'", "now() - interval '3 days'", "now() - interval '2 days'",
                               "now() - interval '50 hours'", 'now()')
        today = "date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"
        database.query(f"SELECT make_partition({today} - interval '3 days', {today} - interval '2 days')")
        database.query("SELECT partition_inet_log('day', 1)")
        old = self.partitions(database)[0][0]
        self.assertIn((old, '1'), self.places(database))
        before = f"{today} - interval '2 days'"
        younger = [uid for uid, in database.query(f'SELECT uid FROM inet_log WHERE log_date >= {before} ORDER BY id')]
        [(gone,)] = database.query(f'SELECT purge({before})')
        self.assertEqual([uid for _, uid in self.places(database)], younger)
        self.assertEqual(gone, 5 - len(younger))
        self.assertEqual(self.partitions(database), self.expected(database, 'day', 1))
        self.assertEqual(database.query("SELECT purge(now() - interval '10 days')"), [(0,)])

    def test_purge_removes_samples(self):
        database = self.database()
        database.query("INSERT INTO sample (open_id, log_date) VALUES (1, '2026-01-01Z'), (1, '2026-02-01Z')")
        database.query("SELECT purge('2026-01-15Z')")
        self.assertEqual(database.query("SELECT (log_date AT TIME ZONE 'UTC')::date::text FROM sample"), [('2026-02-01',)])

    def test_purge_goes_in_steps_where_it_is_asked_to(self):
        database = self.database()
        log_all(database, [row_of(date=f'2026-03-01T12:00:{second:02}Z') for second in range(25)])
        gone = [database.query("SELECT purge('2026-03-01T12:00:23Z', 10)")[0][0] for _ in range(4)]
        self.assertEqual(gone, [10, 10, 3, 0])
        self.assertEqual(database.query('SELECT count(*) FROM inet_log'), [(2,)])

    def test_purge_makes_the_partitions_that_are_missing(self):
        database = self.database()
        database.query("UPDATE settings SET partition_by = 'month'")
        self.assertEqual(database.query("SELECT purge('2020-01-01')"), [(0,)])
        self.assertEqual(self.partitions(database), self.expected(database, 'month', 3))

    def test_nobody_waits_for_long_behind_a_purge_that_waits_for_a_question(self):
        database = self.database()
        database.query("SELECT make_partition('2020-01-01', '2020-01-02')")
        log_all(database, [row_of(date='2020-01-01T12:00:00Z')])
        question = self.server.connect(database.name)
        question.autocommit = False
        question.cursor().execute('SELECT FROM inet_log')
        refusals = []

        def purge():
            try:
                Database(self.server, database.name).query("SELECT purge('2021-01-01')")
            except psycopg2.Error as error:
                refusals.append(error.pgcode)
        purging = threading.Thread(target=purge)
        purging.start()
        wait_until(lambda: database.query('SELECT 1 FROM pg_locks WHERE NOT granted'), what='the purge')
        self.assertEqual(log_all(database, [row_of()]), [(1,)])
        purging.join()
        question.close()
        self.assertEqual(refusals, ['55P03'])
        self.assertEqual(database.query("SELECT purge('2021-01-01')"), [(1,)])

    def test_what_is_left_of_a_session_after_a_purge_closes_no_other_one(self):
        database = self.database()
        log_all(database, [row_of(date=f'2026-03-0{day}T12:00:00Z', log_event=f'{event}_session', sshd_pid=7, uid=uid)
                           for day, event, uid in [(1, 'open', 'a'), (3, 'open', 'b'), (4, 'close', 'b'), (5, 'close', 'a'),
                                                   (6, 'open', 'c')]])
        database.query("SELECT purge('2026-03-02')")
        self.assertEqual(database.query('SELECT uid FROM completed_sessions'), [('b',)])
        self.assertEqual(database.query('SELECT uid FROM open_sessions'), [('c',)])

    def test_in_a_schema_of_any_name_whatever_the_search_path_is(self):
        database = self.server.database('login "events"')
        database.query("SET search_path TO ''")
        here = '"login ""events""".'
        self.assertEqual(database.query(f"SELECT {here}partition_inet_log('month')"), [(4,)])
        for date in 'now', '2020-01-01':
            database.query(f"SELECT {here}log_one_event(NULL, '192.0.2.7', 1, 'auth', 'somebody', '{date}', 22, 'attempt')")
        self.assertEqual(database.query(f"SELECT {here}purge('2021-01-01')"), [(1,)])
        self.assertEqual([len(database.query(f'SELECT * FROM {here}{name}')) for name in (
            'partitions', 'failures', 'nets_view(24)', "net_counts('1 hour', 24)")], [4, 1, 1, 1])

    def test_partitions_belong_to_the_owner_whoever_made_them(self):
        database = self.database()
        self.server.query('CREATE ROLE the_administrator LOGIN IN ROLE iptracking_owner')
        session = Database(self.server, database.name)
        session.connection = self.server.connect(database.name, user='the_administrator')
        session.query("SELECT partition_inet_log('month')")
        session.close()
        self.assertEqual(database.query('''SELECT DISTINCT relowner::regrole::text FROM pg_class
            WHERE oid IN (SELECT name FROM partitions)'''), [('iptracking_owner',)])


class Upgrade(Schema):
    def test_of_a_dump_of_version_1_keeps_its_rows_and_answers(self):
        self.database()     # the roles are there now
        self.server.query('CREATE DATABASE restored')
        subprocess.run(as_postgres(programs() / 'psql', '--quiet', '--no-psqlrc', '--set=ON_ERROR_STOP=1', '--dbname=restored',
                                   '--host', self.server.folder, '--port', self.server.port),
                       input=DUMP.read_text(), text=True, check=True, cwd='/', stdout=subprocess.DEVNULL)
        database = Database(self.server, 'restored')
        def answers():
            found = {view: sorted(database.query(f'SELECT * FROM {view}'), key=repr) for view in ALL if view != 'user_addresses'}
            found['failures'] = [row[:14] for row in found['failures']]     # version 3 adds the origin
            return found
        before, answers_before = database.query(ROWS), answers()
        self.assertEqual(len(before), len(LINES))
        self.assertEqual(database.query('SELECT version FROM schema_info'), [(1,)])
        for version in 2, 3, 4:
            database.query((SQL / f'postgresql-{version}.sql').read_text())
            self.assertEqual(database.query('SELECT version FROM schema_info'), [(version,)])
            self.assertEqual(database.query(ROWS), before)
            self.assertEqual(answers(), answers_before)
        self.assertEqual(database.query('SELECT sum(log_count) FROM user_addresses'), [(7,)])
        self.assertEqual(database.query("SELECT version, replaced, segment FROM stream_place('aa')"), [(4, False, None)])
        log_all(database, [row_of()])
        self.assertEqual(database.query('SELECT max(id), count(*) FROM inet_log'), [(len(LINES) + 1, len(LINES) + 1)])
        database.close()
