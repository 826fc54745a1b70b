# SPDX-License-Identifier: GPL-2.0-or-later
"""PostgreSQL servers that are thrown away, with our schema.

They run as the user postgres where we are root, in a folder that a process of its own removes when we end, however we
end, together with all that still runs there.
"""
import atexit
import itertools
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg2

from waiting import wait_until

SQL = Path(__file__).resolve().parents[1] / 'sql'
EPHEMERAL_PORTS = 32768    # and above: connections that go out take them
TEMPLATE = 'iptracking_template'
STOPS = {'smart': signal.SIGTERM, 'fast': signal.SIGINT, 'immediate': signal.SIGQUIT}
numbers = itertools.count(1)
once = threading.RLock()


def programs():
    """The folder with the programs of the newest PostgreSQL that is installed."""
    found = sorted(Path('/usr/lib/postgresql').glob('*/bin/initdb'), key=lambda path: int(path.parts[-3]))
    initdb = found[-1] if found else shutil.which('initdb')
    if not initdb:
        raise FileNotFoundError('PostgreSQL is not installed: there is no initdb')
    return Path(initdb).parent


def as_postgres(*command):
    """The command, as a user that PostgreSQL and pgbouncer run as: they refuse root."""
    who = ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'] if os.geteuid() == 0 else []
    return [*who, *(str(word) for word in command)]


def run(*command):
    done = subprocess.run(as_postgres(*command), cwd=workspace(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'{command[0]} failed: {done.stdout}{done.stderr}')


def processes_in(folder):
    """Those whose working directory is there, as that of each process of a server is."""
    found = []
    for link in Path('/proc').glob('[0-9]*/cwd'):
        try:
            if Path(os.readlink(link)).is_relative_to(folder):
                found.append(int(link.parent.name))
        except OSError:
            pass    # it has ended
    return found


def signal_all(folder, *which):
    """Gives what tells the end of each process that was there."""
    ends = []
    for process in processes_in(folder):
        try:
            ends.append(os.pidfd_open(process))
            for number in which:
                os.kill(process, number)
        except ProcessLookupError:
            pass
    return ends


def wait_for_ends(ends, at_most):
    end = time.monotonic() + at_most
    for descriptor in ends:
        select.select([descriptor], [], [], max(0, end - time.monotonic()))
        os.close(descriptor)


def kill_all(folder):
    while ends := signal_all(folder, signal.SIGKILL):   # again, since they may fork meanwhile
        wait_for_ends(ends, 10)


def workspace():
    """Of this process: a folder on a disk."""
    with once:
        if not hasattr(workspace, 'folder'):
            workspace.folder = Path(tempfile.mkdtemp(prefix='iptracking-postgres-', dir='/var/tmp'))
            if os.geteuid() == 0:
                shutil.chown(workspace.folder, 'postgres', 'postgres')
            # Not of our process group: it has to outlive what ends that.
            keeper = subprocess.Popen([sys.executable, __file__, workspace.folder], stdin=subprocess.PIPE, start_new_session=True)
            atexit.register(keeper.communicate)
        return workspace.folder


def keep(folder):
    """What the keeper does: waits for our end, and cleans up."""
    sys.stdin.read()
    # In good order first: a killed server leaves its shared memory.
    wait_for_ends(signal_all(folder, signal.SIGQUIT, signal.SIGCONT), 5)
    kill_all(folder)
    shutil.rmtree(folder)


def first_cluster():
    """What initdb makes, with a database that has our schema, and the login role iptracking; made once."""
    with once:
        if not hasattr(first_cluster, 'data'):
            server = Server(cluster=initdb, fsync=False)
            server.query(f'CREATE DATABASE {TEMPLATE}')
            template = Database(server, TEMPLATE)
            template.apply_schema()
            template.close()
            server.query('CREATE ROLE iptracking LOGIN IN ROLE iptracking_writer')
            server.query('CREATE ROLE asker LOGIN IN ROLE iptracking_reader')
            server.stop()
            first_cluster.data = server.data
        return first_cluster.data


def initdb(data):
    run(programs() / 'initdb', '--pgdata', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C',
        '--no-sync', '--wal-segsize=1')   # it is copied often


def copy_of_first(data):
    run('cp', '--archive', '--reflink=auto', first_cluster(), data)


def free_port():
    while True:
        port = random.randrange(20000, EPHEMERAL_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
                return port
            except OSError:
                pass


class Server:
    """Runs when it is made.  `listen`: the address that it listens at beside its Unix socket; `through`: a command that
    executes the one behind it; `settings`: of postgresql.conf."""

    def __init__(self, *, listen='', fsync=True, through=(), cluster=copy_of_first, **settings):
        self.folder = workspace() / f'server-{next(numbers)}'
        self.data = self.folder / 'data'
        self.log = self.folder / 'log'
        self.through = list(through)
        self.listen = listen
        self.port = free_port() if listen else 5432
        self.fsync = fsync
        self.process = None
        self.frozen = False
        run('mkdir', '--mode=0755', self.folder)
        cluster(self.data)
        self.set(listen_addresses=listen, port=self.port, unix_socket_directories=self.folder, fsync=self.fsync,
                 shared_buffers='16MB', max_wal_size='256MB', log_line_prefix='%m [%p] %u@%d ', **settings)
        self.start()

    def set(self, **settings):
        """For the next start or reload()."""
        with open(self.data / 'postgresql.conf', 'a', encoding='utf-8') as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def admit(self, *lines):
        """Lines of pg_hba.conf, in front of those that let in whoever is on this machine."""
        path = self.data / 'pg_hba.conf'
        path.write_text(''.join(f'{line}\n' for line in lines) + path.read_text())
        self.reload()

    def start(self):
        state = self.data / 'postmaster.pid'
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen([*self.through, *as_postgres(programs() / 'postgres', '-D', self.data)],
                                            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError(f'the server ended: {self.log.read_text()[-2000:]}')
            lines = state.read_text().split('\n') if state.exists() else []
            return lines[:1] == [str(self.process.pid)] and lines[7:8] and lines[7].strip() == 'ready'
        wait_until(ready, 60, 'the server')

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self):
        """Sessions that are open take it with their next command."""
        before = self.query('SELECT pg_conf_load_time()')
        self.signal(signal.SIGHUP)
        wait_until(lambda: self.query('SELECT pg_conf_load_time()') > before, what='the configuration')

    def stop(self, mode='fast'):
        self.signal(STOPS[mode])
        self.process.wait(60)

    def end(self):
        """In whatever state it is."""
        if self.process.poll() is None:
            self.thaw()
            self.stop('immediate')

    def kill(self):
        """kill -9 of all its processes, so that it can start again at once."""
        self.freeze()   # or those that are killed first make the postmaster fork
        kill_all(self.data)
        self.frozen = False
        self.process.wait()
        memory = (self.data / 'postmaster.pid').read_text().split('\n')[6].split()[1]
        subprocess.run(['ipcrm', '--shmem-id', memory], check=True)   # the next start would, if there is one

    def restart(self, mode='fast'):
        if mode == 'kill':
            self.kill()
        else:
            self.stop(mode)
        self.start()

    def freeze(self):
        """It does not answer, and its connections stay."""
        self.frozen = True
        self.signal(signal.SIGSTOP)   # the one that forks first
        for end in signal_all(self.data, signal.SIGSTOP):
            os.close(end)

    def thaw(self):
        self.frozen = False
        for end in signal_all(self.data, signal.SIGCONT):
            os.close(end)

    def connect(self, database='postgres', **keywords):
        """A session of the superuser that commits each statement."""
        keywords = {'host': str(self.folder), 'port': self.port, 'user': 'postgres', 'dbname': database, **keywords}
        connection = psycopg2.connect(**keywords)
        connection.autocommit = True
        return connection

    def query(self, sql, arguments=None):
        """In a session of its own."""
        connection = self.connect()
        try:
            return answer(connection, sql, arguments)
        finally:
            connection.close()

    def end_sessions(self, database):
        """Once they are not there any more."""
        self.query('SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s', (database,))

    def database(self, schema=None):
        """A new one, with our schema.  `schema`: where it stands, instead of public."""
        name = f'iptracking_{next(numbers)}'
        self.query(f'CREATE DATABASE {name} TEMPLATE {TEMPLATE if schema is None else "template1"}')
        database = Database(self, name, schema)
        if schema is not None:
            database.query(f'CREATE SCHEMA {quoted(schema)}')
            database.apply_schema()
        return database

    def standby(self):
        """A server that has each transaction as soon as this one has confirmed it."""
        def copy(data):
            run(programs() / 'pg_basebackup', '--pgdata', data, '--host', self.folder, '--port', self.port, '--username=postgres',
                '--checkpoint=fast', '--no-sync')
            run('touch', data / 'standby.signal')
        other = Server(listen=self.listen, fsync=self.fsync, through=self.through, cluster=copy, synchronous_standby_names='',
                       primary_conninfo=f'host={self.folder} port={self.port} user=postgres application_name=standby')
        self.set(synchronous_standby_names='standby')
        self.reload()
        wait_until(lambda: self.query("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"), what='the standby')
        return other

    def promote(self):
        """A standby becomes a server of its own."""
        self.query('SELECT pg_promote()')


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def answer(connection, sql, arguments=None):
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchall() if cursor.description else []


class Database:
    """One on a server, as the superuser sees it."""

    def __init__(self, server, name, schema=None):
        self.server, self.name, self.schema = server, name, schema
        self.connection = None

    def query(self, sql, arguments=None):
        """In a session that stays as long as the server lets it."""
        if self.server.frozen:
            raise psycopg2.OperationalError('the server is frozen')   # instead of waiting for ever
        if self.connection is not None:
            try:
                return answer(self.connection, sql, arguments)
            except psycopg2.Error as error:
                if error.pgcode and not self.connection.closed:
                    raise   # that is the answer of the server
        self.connection = self.server.connect(self.name)
        if self.schema is not None:
            answer(self.connection, f'SET search_path TO {quoted(self.schema)}')
        return answer(self.connection, sql, arguments)

    def apply_schema(self):
        for path in sorted(SQL.glob('postgresql-*.sql'), key=lambda path: int(path.stem.rsplit('-', 1)[1])):
            self.query(path.read_text())

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def move_to(self, server, name=None):
        """What has it now."""
        self.close()
        self.server, self.name = server, name or self.name

    def rows(self):
        return [{'uid': uid, 'event': event, 'src': src, 'date': date, 'flags': flags}
                for uid, event, src, date, flags in self.query(
                    """SELECT uid, log_event::text, host(src_ipaddr),
                           to_char(log_date AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), flags
                           FROM inet_log ORDER BY id""")]

    def users(self):
        return [uid for uid, in self.query('SELECT uid FROM inet_log ORDER BY id')]

    def count(self):
        return self.query('SELECT count(*) FROM inet_log')[0][0]

    def place(self, stream):
        """How far the stream is stored: segment and offset."""
        found = self.query('SELECT segment, "offset" FROM stream WHERE id = %s', (stream,))
        return found[0] if found else (0, 0)


class Pgbouncer:
    """A pool of at most `size` connections for all clients of a server, each for one transaction.  `settings`: of
    pgbouncer.ini."""

    def __init__(self, server, size=2, **settings):
        self.folder = workspace() / f'pgbouncer-{next(numbers)}'
        self.port = free_port()
        self.log = self.folder / 'log'
        self.process = None
        run('mkdir', '--mode=0755', self.folder)
        (self.folder / 'users').write_text('"iptracking" ""\n')
        (self.folder / 'pgbouncer.ini').write_text(
            f'[databases]\n* = host={server.folder} port={server.port}\n'
            f'[pgbouncer]\npool_mode = transaction\ndefault_pool_size = {size}\nauth_type = trust\n'
            f'auth_file = {self.folder}/users\nunix_socket_dir = {self.folder}\nlisten_port = {self.port}\n'
            f'server_login_retry = 0\n'   # or it refuses for 15 s after a server was away
            + ''.join(f'{name} = {value}\n' for name, value in settings.items()))
        self.start()

    def start(self):
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(as_postgres('/usr/sbin/pgbouncer', self.folder / 'pgbouncer.ini'), cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_until((self.folder / f'.s.PGSQL.{self.port}').exists, what='pgbouncer')

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


if __name__ == '__main__':
    keep(Path(sys.argv[1]))
