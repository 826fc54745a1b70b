# SPDX-License-Identifier: GPL-2.0-or-later
"""The postgresql driver as administrators set it up: schemas, functions of their own, and every way to the server."""
import json
import re
import shutil
import subprocess
import time

import network
from postgres_server import SQL, Pgbouncer
from programs import EVENT, OnServer, Run, wait_until

SCHEMAS = ['logins', 'login events', 'Upper', "it's", 'a "quoted" one', 'x"; DROP TABLE inet_log; --', 'ß', 'a,b', 'back\\slash',
           'x' * 63]
INSERT = '''INSERT INTO inet_log (dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, flags)
                VALUES ($1, $2, $3, $4, $5, $6, $15);'''


class Stored(OnServer):
    def works(self, folder, store, **arguments):
        """Events are stored, also by a second process."""
        run = Run(self, folder, store, **arguments)
        run.send(100)
        run.finish()
        return run

    def refused(self, folder, store, *words, **arguments):
        run = Run(self, folder, store, **arguments)
        run.send(10)
        run.expect('Keeping events', *words)
        run.expect_rest()
        self.assertEqual(store.count(), 0)
        self.assertEqual(run.daemon.stop(), 0)


class Schemas(Stored):
    def test_every_name_can_be_that_of_a_schema(self):
        self.side_by_side(self.works, {f'{number} {name}': (self.store(schema=name),) for number, name in enumerate(SCHEMAS)})

    def test_the_option_beats_the_configuration(self):
        store = self.store(schema='of the "option')
        store.database.query('CREATE SCHEMA of_the_file')
        store.keywords['schema'] = 'of_the_file'
        daemon = self.daemon('--schema', 'of the "option', passed=True, config=store.config)
        daemon.write(EVENT.format('one'))
        wait_until(lambda: store.users() == ['one'], what='the row')
        self.assertEqual(daemon.stop(), 0)

    def test_without_a_name_it_is_that_of_the_connection(self):
        store = self.store(schema='iptracking')
        del store.keywords['schema']
        self.server.query(f"ALTER ROLE iptracking IN DATABASE {store.database.name} SET search_path TO iptracking")
        self.works(self.folder, store)


class Notified(Stored):
    def test_who_listens_is_told_of_events_if_the_settings_say_so(self):
        store = self.store()
        listener = self.server.connect(store.database.name)
        self.addCleanup(listener.close)
        listener.cursor().execute('LISTEN iptracking')
        run = Run(self, self.folder, store)
        run.send(1, 'iptracking/1 event=auth user={} host=alpha\n')
        run.wait_until_stored()
        store.database.query('UPDATE settings SET notify = true')
        run.send(1, 'iptracking/1 event=auth user={} host=beta\n')
        run.wait_until_stored()
        store.database.query("SELECT log_one_event(NULL, NULL, NULL, 'auth', '2', now(), host => 'gamma')")

        def told():
            listener.poll()
            return [json.loads(notice.payload) for notice in listener.notifies]
        wait_until(lambda: len(told()) == 2, what='two notifications')
        self.assertEqual(told(), [{'schema': 'public', 'host': host, 'events': 1} for host in ('beta', 'gamma')])
        self.assertEqual(run.daemon.stop(), 0)


class Functions(Stored):
    """log_one_event() as an administrator has written it."""

    def replace(self, store, body):
        (signature,), = store.database.query("SELECT pg_get_function_arguments('log_one_event'::regproc)")
        store.database.query(f'CREATE OR REPLACE FUNCTION log_one_event({signature}) RETURNS void LANGUAGE plpgsql '
                             f'SECURITY DEFINER SET search_path FROM CURRENT AS $body$ BEGIN {body} END $body$')

    def damaged(self, run):
        path = run.daemon.state / 'damaged'
        return path.read_text() if path.exists() else ''

    def expect_left_out(self, run, bad):
        """Of the events that were sent these are in `damaged`, all others in the database."""
        good = [number for number in range(run.sent) if number not in bad]
        run.wait(lambda: run.store.count() >= len(good) and run.waiting_bytes() == 0, what='all good events')
        run.daemon.wait_for_status(f'{len(bad)} skipped')
        wait_until(lambda: run.daemon.counters().get('events_skipped_total') == len(bad), what='the counter')
        self.assertEqual([int(user) for user in run.store.users()], good)
        for number in bad:
            self.assertEqual(self.damaged(run).count(EVENT.format(number)), 1)
        run.expect_in_log('an event cannot be stored, and is left out')
        self.assertEqual(run.daemon.stop(), 0)

    def test_one_that_is_replaced_is_called_for_each_event(self):
        store = self.store()
        store.database.query('CREATE TABLE seen (number serial, uid text); GRANT ALL ON seen, seen_number_seq TO PUBLIC')
        self.replace(store, f'INSERT INTO seen (uid) VALUES ($5); {INSERT}')
        run = self.works(self.folder, store)
        seen = [int(user) for user, in store.database.query('SELECT uid FROM seen ORDER BY number')]
        self.assertEqual(seen, list(range(run.sent)))

    def test_one_with_all_parameters_is_called_with_what_is_new(self):
        store = self.store()
        store.database.query('''CREATE TABLE moved (uid text, rx_bytes bigint, serial numeric);
            GRANT ALL ON moved TO PUBLIC;
            CREATE FUNCTION log_one_event(inet, inet, integer, log_event_t, text, timestamptz, integer, log_outcome_t, integer,
                    text, text, text, text, text, integer, bigint, bigint, bigint, bigint, text, text, text, numeric, text)
                RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS
                'INSERT INTO moved VALUES ($5, $16, $23)''' + "'")
        run = Run(self, self.folder, store)
        run.daemon.write('iptracking/1 event=open_session user=a rx_bytes=7 cert_serial=18446744073709551615\n')
        run.wait(lambda: store.database.query('SELECT uid, rx_bytes, serial::text FROM moved') ==
                 [('a', 7, '18446744073709551615')], what='what the function makes of it')

    def test_a_schema_of_before_takes_what_it_can(self):
        store = self.store()
        for sql in ('DROP FUNCTION log_events', 'DROP FUNCTION log_samples', 'UPDATE schema_info SET version = 3'):
            store.database.query(sql)
        first = (SQL / 'postgresql-1.sql').read_text()
        store.database.query('SET search_path TO public, pg_temp; SET ROLE iptracking_owner; ' +
                             re.search(r'CREATE FUNCTION log_events\(.*?\n\$\$;', first, re.DOTALL)[0] +
                             'GRANT EXECUTE ON FUNCTION log_events TO iptracking_writer; RESET ROLE')
        run = Run(self, self.folder, store)
        run.daemon.write('iptracking/1 event=open_session user=a rx_bytes=7 src=192.0.2.1 sport=1 dst=192.0.2.2 dport=22\n'
                         'iptracking/1 event=sample rx_bytes=8 src=192.0.2.1 sport=1 dst=192.0.2.2 dport=22\n')
        run.wait(lambda: store.users() == ['a'] and run.waiting_bytes() == 0, what='the event')
        run.expect_in_log("the schema has version 3, so how sessions were opened and what they moved is not stored")
        self.assertEqual(run.daemon.stop(), 0)

    def test_one_that_is_replaced_meanwhile_is_called_from_then_on(self):
        store = self.store()
        run = Run(self, self.folder, store)
        run.send(100)
        run.wait_until_stored()
        self.replace(store, "IF $5 <> '150' THEN " + INSERT + ' END IF;')
        run.send(100)
        run.wait(lambda: run.store.count() == 199 and run.waiting_bytes() == 0, what='all but one')
        self.assertNotIn('150', store.users())

    def test_a_bad_record_is_left_out_and_the_others_are_stored(self):
        self.side_by_side(self.outlive_bad_records, {
            'a constraint': ("ALTER TABLE inet_log ADD CONSTRAINT no_such_users CHECK (uid <> ALL ('{17,1017,1018}'))", ''),
            'a trigger': ("""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                                 $$ BEGIN RAISE integrity_constraint_violation; END $$;
                             CREATE TRIGGER refuse BEFORE INSERT ON inet_log FOR EACH ROW
                                 WHEN (NEW.uid IN ('17', '1017', '1018')) EXECUTE FUNCTION refuse()""", ''),
            'one that is known at the end of the transaction':
                ("""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                        $$ BEGIN RAISE integrity_constraint_violation; END $$;
                    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON inet_log DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
                        WHEN (NEW.uid IN ('17', '1017', '1018')) EXECUTE FUNCTION refuse()""", ''),
            'log_one_event()': ('', "IF $5 IN ('17', '1017', '1018') THEN RAISE data_exception; END IF;" + INSERT),
            'log_one_event() that casts': ('', f"IF $5 IN ('17', '1017', '1018') THEN PERFORM ('x' || $5)::int; END IF; {INSERT}"),
        })

    def outlive_bad_records(self, folder, sql, body):
        store = self.store()
        if sql:
            store.database.query(sql)
        if body:
            self.replace(store, body)
        run = Run(self, folder, store)
        run.send(100)
        run.send(2000)
        self.expect_left_out(run, [17, 1017, 1018])

    def test_what_collides_with_others_is_tried_again(self):
        self.side_by_side(self.outlive_collisions, {what: (what,) for what in ('serialization_failure', 'deadlock_detected')})

    def outlive_collisions(self, folder, what):
        store = self.store()
        # A sequence is not rolled back.
        store.database.query('CREATE SEQUENCE collisions; GRANT ALL ON SEQUENCE collisions TO PUBLIC')
        self.replace(store, f"IF $5 IN ('50', '150') AND nextval('collisions') < 25 THEN RAISE {what}; END IF; {INSERT}")
        run = Run(self, folder, store)
        run.send(100)
        run.send(100)
        run.finish()
        self.assertNotIn('skipped', run.daemon.said())
        self.assertEqual(self.damaged(run), '')

    def test_what_is_wrong_with_a_function_leaves_no_event_out(self):
        """It is the same for every event."""
        self.side_by_side(self.outlive_a_wrong_function, {
            'not there': ("INSERT INTO no_such_table VALUES (1);", 'no_such_table'),
            'raises': ("RAISE 'closed for today';", 'closed for today'),
        })

    def outlive_a_wrong_function(self, folder, body, words):
        store = self.store()
        self.replace(store, body)
        run = Run(self, folder, store)
        run.send(100)
        run.expect('Keeping events', words)
        run.expect_rest()
        self.replace(store, INSERT)
        run.finish()
        self.assertEqual(self.damaged(run), '')


class Certificates:
    """An authority, and the server's certificate for one name."""

    def __init__(self, folder, name, host):
        self.authority, self.certificate, self.key = (folder / f'{name}-{what}' for what in ('ca.pem', 'server.pem', 'server.key'))
        authority_key, request, names = (folder / f'{name}-{what}' for what in ('ca.key', 'server.csr', 'names'))
        new_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
        names.write_text(f'subjectAltName = DNS:{host}\n')
        self.openssl('req', '-x509', *new_key, '-keyout', authority_key, '-out', self.authority, '-subj', f'/CN={name}',
                     '-days', '2')
        self.openssl('req', *new_key, '-keyout', self.key, '-out', request, '-subj', f'/CN={host}')
        self.openssl('x509', '-req', '-in', request, '-CA', self.authority, '-CAkey', authority_key, '-CAcreateserial',
                     '-out', self.certificate, '-extfile', names, '-days', '2')

    @staticmethod
    def openssl(*words):
        subprocess.run(['openssl', *words], check=True, capture_output=True)

    def install(self, server):
        for path, name in ((self.certificate, 'server.pem'), (self.key, 'server.key')):
            shutil.copy(path, server.data / name)
            shutil.chown(server.data / name, server.data.owner())
            (server.data / name).chmod(0o600)
        server.set(ssl='on', ssl_cert_file='server.pem', ssl_key_file='server.key')
        server.reload()


class Connections(Stored):
    def test_tls_is_verified(self):
        ours, theirs = (Certificates(self.folder, name, 'localhost') for name in ('ours', 'theirs'))
        ours.install(self.server)
        self.server.query("CREATE ROLE over_tls LOGIN IN ROLE iptracking_writer")
        self.server.admit('hostssl all over_tls 127.0.0.1/32 trust', 'host all over_tls 127.0.0.1/32 reject')

        def store(authority=ours, **keywords):
            return self.store(**{'user': 'over_tls', 'host': 'localhost', 'hostaddr': '127.0.0.1', 'sslmode': 'verify-full',
                                 'sslrootcert': str(authority.authority), **keywords})
        self.side_by_side(lambda folder, check, *more: check(folder, *more), {
            'good': (self.works, store()),
            'another authority': (self.refused, store(theirs), 'certificate verify failed'),
            'another name': (self.refused, store(host='db.example.com'), 'does not match host name'),
            'no authority': (self.refused, store(sslrootcert=str(self.folder / 'missing')), 'does not exist'),
            'no tls': (self.refused, store(sslmode='disable'), 'rejects connection'),
        })

    def test_a_password_of_scram_comes_from_a_file(self):
        self.server.query("CREATE ROLE with_password LOGIN PASSWORD 'it''s: a \\secret' IN ROLE iptracking_writer")
        self.server.admit('host all with_password 127.0.0.1/32 scram-sha-256')
        passfile = self.folder / 'passfile'
        passfile.write_text('127.0.0.1:*:*:with_password:it\'s\\: a \\\\secret\n')
        passfile.chmod(0o600)
        keywords = {'user': 'with_password', 'host': '127.0.0.1'}
        self.works(self.sub('file'), self.store(passfile=str(passfile), **keywords))
        passfile.chmod(0o644)
        self.refused(self.sub('readable'), self.store(passfile=str(passfile), **keywords), 'no password supplied')

    def test_a_service_names_the_server(self):
        store = self.store()
        service_file = self.folder / 'services'
        service_file.write_text('[logins]\n' + ''.join(f'{key}={value}\n' for key, value in store.keywords.items()))
        store.keywords = {'service': 'logins'}
        self.works(self.folder, store, environment={'PGSERVICEFILE': str(service_file)})

    def test_a_first_host_that_does_not_answer_is_passed_over(self):
        try:
            net = network.Network()
        except RuntimeError as why:
            self.skipTest(f'cannot make a network: {why}')
        self.addCleanup(net.close)
        store = self.store(connect_timeout='2')   # the least that libpq takes
        store.keywords.update(host=f'{network.NOBODY},{self.server.folder}', port=f'5432,{self.server.port}')
        run = Run(self, self.folder, store, through=net.inside('client'))
        began = time.monotonic()
        run.send(100)
        run.expect_rest()   # the watchdog is served meanwhile
        run.wait_until_stored()
        took = time.monotonic() - began
        print(f'measured: behind a host that does not answer the second one has the events after {took:.1f} s', flush=True)
        self.assertLess(took, 8)   # not when the kernel gives up
        run.finish()


class Pooled(OnServer):
    def test_pgbouncer_in_transaction_mode(self):
        pool = Pgbouncer(self.server)
        self.addCleanup(pool.stop)
        self.side_by_side(self.pooled, {
            name: (pool, schema) for name, schema in (('public', None), ('a schema', 'login events'))})

    def pooled(self, folder, pool, schema):
        store = self.store(schema=schema)
        store.keywords.update(host=str(pool.folder), port=str(pool.port))
        run = Run(self, folder, store)
        for _ in range(10):
            run.send(200)
            run.wait_until_stored()
            if schema:   # whoever shares the server's sessions may leave what he has set in them
                other = self.server.connect(store.database.name, host=pool.folder, port=pool.port, user='iptracking')
                other.cursor().execute('SET search_path TO nowhere')
                other.close()
        run.finish()
        self.assertNotIn('Keeping events', run.daemon.said())
        self.assertLessEqual(len(run.store.server.query('SELECT 1 FROM pg_stat_activity WHERE datname = %s AND usename = %s',
                                                        (store.database.name, 'iptracking'))), 2)
