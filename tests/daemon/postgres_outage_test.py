# SPDX-License-Identifier: GPL-2.0-or-later
"""PostgreSQL servers that end, vanish, block and refuse while events come: each event is stored once, in order."""
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import network
import psycopg2
from postgres_proxy import Proxy
from postgres_server import STOPS, Server, answer
from programs import OnServer, Postgres, Run

WRITER = Path(__file__).resolve().parents[1] / 'kill/writer.py'
RATE = 2000   # events a second that are written all the time


class Flow(Run):
    """A daemon whose pipe another process writes to all the time."""

    def __init__(self, test, store, rate=RATE, folder=None, **arguments):
        super().__init__(test, folder or test.folder, store, **arguments)
        self.writer = subprocess.Popen([sys.executable, WRITER, self.daemon.fifo, str(rate)], stdout=subprocess.PIPE, text=True)
        test.addCleanup(self.writer.stdout.close)
        test.addCleanup(self.writer.wait)
        test.addCleanup(self.writer.kill)

    def wait_for_more(self, events=1, at_most=20):
        """Gives how long they took.  The daemon knows of some, so that it does not look for the server any more."""
        before, began = self.store.count(), time.monotonic()
        self.wait(lambda: self.store.count() >= before + events, at_most, 'more events')
        took = time.monotonic() - began
        self.wait(lambda: self.daemon.status().startswith('Storing events'), at_most, 'a good status')
        return took

    def end(self, before=0):
        """All that was acknowledged is stored once and in order.  `before`: events that are elsewhere."""
        self.writer.terminate()
        said, _ = self.writer.communicate(timeout=30)
        self.sent = int(said.split()[0])
        self.wait(lambda: self.store.count() >= self.sent - before and self.waiting_bytes() == 0, what='all events')
        self.daemon.wait_for_status('Storing events')
        self.test.assertEqual(self.daemon.stop(), 0)
        self.test.assertNotIn('skipped', self.daemon.said())
        self.test.assertEqual([int(user) for user in self.store.users()], list(range(before, self.sent)))


class Pauses:
    """How long a busy machine does not let us do what a daemon does while it keeps events: sleep, take a block of the disk
    for the end of a file in the folder, and put a new file in the place of another one."""

    def __init__(self, folder):
        self.longest, self.ended = 0, threading.Event()
        self.path = Path(folder) / 'pauses'
        self.hint = self.path.with_suffix('.new')
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        with open(self.path, 'wb', buffering=0) as file:
            last = time.monotonic()
            while not self.ended.wait(0.02):
                file.write(bytes(4096))
                self.hint.write_bytes(b'.')
                self.hint.replace(self.path.with_suffix('.hint'))
                now = time.monotonic()
                self.longest, last = max(self.longest, now - last), now

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        self.path.unlink()
        self.path.with_suffix('.hint').unlink(missing_ok=True)


class Outage(OnServer):
    def flow(self, store=None, rate=RATE, **arguments):
        flow = Flow(self, store or self.store(), rate, **arguments)
        flow.wait_for_more()
        return flow

    def proxy(self, unix=False):
        proxy = Proxy(self.server, unix)
        self.addCleanup(proxy.close)
        return proxy

    def expect_service(self, flow):
        """It takes next to no time, and serves the watchdog: at most twice as late as it should, beside what we are late."""
        began = time.monotonic()
        with Pauses(flow.daemon.folder) as pauses:
            flow.expect_rest()
        pings = [began, *(ping for ping in flow.daemon.pings if ping > began)]
        self.assertLess(max(after - before for before, after in zip(pings, pings[1:])), 0.8 + pauses.longest)


class Ended(Outage):
    def test_a_server_that_ends_while_batches_are_in_flight_loses_and_doubles_nothing(self):
        flow = self.flow()
        until_stored = {'fast': [], 'immediate': [], 'kill': []}
        for _ in range(4):
            for mode in until_stored:
                flow.wait_for_more(100)
                self.server.restart(mode)
                until_stored[mode].append(flow.wait_for_more())
        flow.end()
        print(f'measured: after a restart of the server an event is stored within '
              f'{", ".join(f"{max(took):.2f} s ({mode})" for mode, took in until_stored.items())}', flush=True)
        self.assertLess(statistics.median(until_stored['fast']), 1)   # one of the four may meet a busy machine

    def test_a_server_that_waits_for_its_sessions_to_end(self):
        """It lets nobody in any more."""
        flow = self.flow()
        administrator = self.server.connect()
        self.server.signal(STOPS['smart'])
        flow.wait_for_more(100)
        administrator.cursor().execute('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s', ('iptracking',))
        flow.expect('Keeping events', 'the database system is shutting down')
        self.expect_service(flow)
        administrator.close()
        flow.store.database.close()
        self.server.process.wait(20)
        self.server.start()
        flow.end()

    def test_sessions_that_an_administrator_ends_are_made_again(self):
        flow = self.flow()
        for _ in range(10):
            self.server.end_sessions(flow.store.database.name)
            flow.wait_for_more(20)
        flow.end()


class FailedOver(Outage):
    def setUp(self):
        super().setUp()
        self.server = Server(fsync=False)   # of each test: it is not what it was afterwards
        self.addCleanup(self.server.end)

    def test_a_standby_takes_over_without_a_loss(self):
        store = self.store()
        standby = self.server.standby()
        self.addCleanup(standby.end)
        store.keywords.update(host=f'{standby.folder},{self.server.folder}', port=f'{standby.port},{self.server.port}',
                              target_session_attrs='read-write')
        flow = Flow(self, store)
        flow.wait_for_more(500)
        self.server.kill()
        flow.expect('Keeping events')
        standby.promote()
        store.database.move_to(standby)
        print(f'measured: an event is stored {flow.wait_for_more():.2f} s after a standby was promoted', flush=True)
        flow.wait_for_more(500)
        flow.end()

    def test_a_standby_is_written_to_once_it_is_promoted(self):
        store = self.store()
        standby = self.server.standby()
        self.addCleanup(standby.end)
        store.keywords.update(host=str(standby.folder), port=str(standby.port))
        flow = Flow(self, store)
        flow.expect('Keeping events', 'read-only')
        self.expect_service(flow)
        self.server.stop()
        standby.promote()
        store.database.move_to(standby)
        flow.end()


class ReadOnly(Outage):
    def read_only(self, on):
        self.server.query(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}")
        self.server.reload()

    def outlive(self, **keywords):
        flow = self.flow(self.store(**keywords))
        self.read_only(True)
        flow.expect('Keeping events', 'read-only')
        self.expect_service(flow)
        self.read_only(False)
        flow.end()

    def test_events_are_kept_while_it_is_read_only(self):
        self.outlive()

    def test_events_are_kept_while_no_host_can_be_written(self):
        self.outlive(target_session_attrs='read-write')


class Cut(Outage):
    """Connections that are lost, and nobody is told."""

    def test_a_network_that_loses_everything_for_a_while(self):
        try:
            net = network.Network()
        except RuntimeError as why:
            self.skipTest(f'cannot make a network: {why}')
        self.addCleanup(net.close)
        server = Server(listen=network.SERVER, fsync=False, through=net.inside('server'))
        self.addCleanup(server.end)
        server.admit(f'host all iptracking {network.CLIENT}/32 trust')
        store = Postgres(self.folder, server, host=network.SERVER, connect_timeout='2', tcp_user_timeout='2000')
        flow = self.flow(store, through=net.inside('client'))
        net.cut()
        flow.expect('Keeping events')
        self.expect_service(flow)
        net.mend()
        flow.wait_for_more(500)
        net.cut()
        time.sleep(0.5)   # so short that TCP repeats what was lost
        net.mend()
        flow.wait_for_more(500)
        flow.end()

    def test_connections_that_are_reset(self):
        proxy = self.proxy()
        flow = self.flow(self.store(**proxy.keywords))
        for _ in range(20):
            proxy.reset()
            flow.wait(proxy.passes, what='an answer in a new session')
        flow.end()


class Swallowed(Outage):
    """The server has committed, and the daemon never hears of it."""

    def test_a_hundred_answers_to_a_commit_that_are_lost(self):
        proxy = self.proxy()
        flow = self.flow(self.store(**proxy.keywords))
        for number in range(1, 101):
            proxy.swallow()
            flow.wait(lambda number=number: proxy.swallowed == number, what='a lost answer')
            flow.wait(proxy.passes, what='an answer in a new session')   # then it tries again at once when it loses that
        flow.end()
        self.assertIn(f'stopped: {flow.sent} accepted, {flow.sent} stored, 0 waiting', flow.daemon.said())
        print(f'measured: {proxy.swallowed} answers to a commit were lost: {flow.sent} events acknowledged and stored', flush=True)

    def test_an_old_session_that_commits_after_the_new_one_has_asked(self):
        """The new one finds the old place, sends the batch again, and waits for the old one."""
        proxy = self.proxy()
        flow = self.flow(self.store(**proxy.keywords))
        for _ in range(3):
            lock = Lock(flow.store)
            flow.wait(lambda lock=lock: lock.waiting() == 1, what='the old session')
            proxy.reset()
            flow.wait(lambda lock=lock: lock.waiting() == 2, what='the new session')
            lock.release()
            flow.wait_for_more(100)
        flow.end()


class Lock:
    """Nobody can write to inet_log."""

    def __init__(self, store):
        self.server, self.database = store.server, store.database.name
        self.session = self.server.connect(self.database)
        self.session.cursor().execute('BEGIN; LOCK TABLE inet_log IN EXCLUSIVE MODE')

    def waiting(self):
        """How many sessions wait for it, or for one that does."""
        (number,), = self.server.query('''SELECT count(*) FROM pg_stat_activity
                                              WHERE datname = %s AND wait_event_type = 'Lock' ''', (self.database,))
        return number

    def release(self):
        self.session.close()


class Blocked(Outage):
    def test_what_blocks_is_said_and_holds_up_nothing_but_the_storing(self):
        stopped = Server(fsync=False)
        self.addCleanup(stopped.end)
        cases = {'a lock that stands': (self.store(), Lock),
                 'a server that is stopped': (Postgres(self.folder, stopped, connect_timeout='2'), StoppedServer)}
        for name, unix in (('tcp', False), ('unix', True)):
            proxy = self.proxy(unix)
            store = self.store(**proxy.keywords, connect_timeout='2')
            cases[f'a server that is silent, {name}'] = (store, lambda _, proxy=proxy: Silence(proxy))
        self.side_by_side(self.outlive, cases)

    def outlive(self, folder, store, block):
        flow = self.flow(store, 500, folder=folder)
        blocked = block(store)
        self.addCleanup(blocked.release)
        flow.expect('Keeping events', 'does not answer')
        self.expect_service(flow)
        began = time.monotonic()
        self.assertEqual(flow.daemon.stop(at_most=9), 0)
        print(f'        {folder.name}: stopped in {time.monotonic() - began:.1f} s')
        flow.start()
        began = time.monotonic()
        self.expect_service(flow)
        blocked.release()
        print(f'        {folder.name}: an event is stored {flow.wait_for_more(1, 40):.1f} s after the end of what lasted '
              f'{time.monotonic() - began:.1f} s')
        flow.end()


class StoppedServer:
    def __init__(self, store):
        self.server = store.server
        self.server.freeze()

    def release(self):
        self.server.thaw()


class Silence:
    """All is lost, and connections stay open."""

    def __init__(self, proxy):
        self.proxy = proxy
        proxy.silent = True

    def release(self):
        self.proxy.mend()


class Full(Outage):
    settings = {'max_connections': 10, 'superuser_reserved_connections': 3}

    def test_events_are_kept_while_the_server_has_no_connection_left(self):
        flow = self.flow()
        flow.store.database.close()
        others = []
        with self.assertRaises(psycopg2.OperationalError):
            while True:
                others.append(self.server.connect(user='iptracking'))
        flow.daemon.signal(signal.SIGSTOP)   # or it might be faster than the one that takes its place
        self.server.end_sessions(flow.store.database.name)
        others.append(self.server.connect(user='iptracking'))
        flow.daemon.signal(signal.SIGCONT)
        flow.expect('Keeping events')
        self.expect_service(flow)
        for other in others:
            other.close()
        flow.end()


class Dropped(Outage):
    def test_a_database_that_is_made_anew_gets_what_follows(self):
        """Renamed, so that what is in the old one can be read."""
        flow = self.flow(rate=200)
        old = flow.store.database
        flow.writer.send_signal(signal.SIGSTOP)   # nothing is in flight: nobody could tell what became of it
        flow.daemon.wait_for_status(' 0 waiting (0 bytes)')
        name = old.name
        old.close()
        self.server.query(f'ALTER DATABASE {name} ALLOW_CONNECTIONS false')
        self.server.end_sessions(name)
        flow.writer.send_signal(signal.SIGCONT)
        flow.expect('Keeping events', 'not currently accepting connections')
        self.server.query(f'ALTER DATABASE {name} RENAME TO {name}_old')
        flow.expect(f'database "{name}" does not exist')
        self.expect_service(flow)
        self.server.query(f'CREATE DATABASE {name} TEMPLATE iptracking_template')
        self.server.query(f'ALTER DATABASE {name}_old ALLOW_CONNECTIONS true')
        before = self.server.connect(f'{name}_old')
        flow.expect_in_log('does not know the events that were stored before')
        flow.end(before=answer(before, 'SELECT count(*) FROM inet_log')[0][0])


class Refused(Outage):
    """What an administrator forgot: the status names it, and nothing is lost once it is mended."""

    def test_events_are_kept_until_what_is_wrong_is_mended(self):
        query, tcp = self.server.query, {'host': '127.0.0.1', 'password': 'wrong'}
        stranger, nobody, writer = (self.store(user=user) for user in ('stranger', 'nobody', 'iptracking_writer'))
        guarded, guarded_too = (self.store(user=user, **tcp) for user in ('guarded', 'guarded_too'))
        query("CREATE ROLE stranger LOGIN")
        for role in ('guarded', 'guarded_too'):
            query(f"CREATE ROLE {role} LOGIN PASSWORD 'right' IN ROLE iptracking_writer")
        self.server.admit('host all guarded,guarded_too 127.0.0.1/32 scram-sha-256')
        self.side_by_side(self.mended, {
            'no rights': (stranger, 'permission denied', lambda: query('GRANT iptracking_writer TO stranger')),
            'no role': (nobody, 'role "nobody" does not exist',
                        lambda: query('CREATE ROLE nobody LOGIN IN ROLE iptracking_writer')),
            'no login': (writer, 'is not permitted to log in', lambda: query('ALTER ROLE iptracking_writer LOGIN')),
            'wrong password': (guarded, 'password authentication failed for user "guarded"',
                               lambda: query("ALTER ROLE guarded PASSWORD 'wrong'")),
            'wrong password in the file': (guarded_too, 'password authentication failed',
                                           lambda: guarded_too.keywords.update(password='right')),
            'no tables': self.without_schema(),
            'no schema': self.without_schema('logins'),
        })

    def without_schema(self, schema=None):
        store = self.store()
        name = f'{store.database.name}_empty'
        self.server.query(f'CREATE DATABASE {name}')
        store.database.move_to(self.server, name)
        store.keywords['dbname'] = name
        if schema:
            store.keywords['schema'] = store.database.schema = schema

        def mend():
            if schema:
                store.database.query(f'CREATE SCHEMA {schema}')
            store.database.apply_schema()
        return store, schema or 'stream_place', mend

    def mended(self, folder, store, words, mend):
        flow = Flow(self, store, 200, folder=folder)
        flow.expect('Keeping events', words)
        print(f'        {folder.name}: {flow.daemon.status()}')
        self.expect_service(flow)
        mend()
        if store.config not in flow.config:
            flow.daemon.config.write_text(f'fifo-file: {flow.daemon.fifo}\n{store.config}')
            flow.daemon.signal(signal.SIGHUP)
        flow.end()
