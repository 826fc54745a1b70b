# SPDX-License-Identifier: GPL-2.0-or-later
"""The real daemon and the real callback, each test in a folder of its own."""
import array
import csv
import fcntl
import json
import os
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
from postgres_server import Server
from waiting import wait_until

BUILD = Path(os.environ['IPTRACKING_BUILD'])
DAEMON = BUILD / 'src/daemon/iptracking-daemon'
CALLBACK = BUILD / 'src/pam_callback/iptracking-pam-callback'
SANITIZED = any(option['name'] == 'b_sanitize' and option['value'] != 'none'
                for option in json.loads((BUILD / 'meson-info/intro-buildoptions.json').read_text()))
HELP = subprocess.run([DAEMON, '--help'], capture_output=True, text=True, check=True).stdout
EVENT = 'iptracking/1 event=auth user={} src=192.0.2.7 service=sshd\n'
EVENTS = {0: 'unknown', 1: 'auth', 2: 'open_session', 3: 'close_session'}


def bytes_in(pipe):
    count = array.array('i', [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def undo(stored):
    """Stored text back to the bytes that were typed."""
    return re.sub(rb'\\x([0-9a-f]{2})', lambda match: bytes([int(match[1], 16)]), stored.encode())


class Daemon:
    """One run of iptracking-daemon.  `passed`: with the FIFO as descriptor 3, as systemd starts it.  `through`: a
    command that executes the one behind it.  `ready`: waits until it is; without that somebody else has to hold the
    FIFO, as systemd does."""

    def __init__(self, folder, *options, program=DAEMON, passed=False, ready=True, config='', environment=None, through=()):
        self.folder = Path(folder)
        self.fifo = self.folder / 'fifo'
        self.config = self.folder / 'iptracking.yml'
        if config is not None:
            self.config.write_text(f'fifo-file: {self.fifo}\n{config}')
        self.notifications = []
        self.pings = []         # when it served the watchdog
        notify_path = self.folder / 'notify'
        notify_path.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(notify_path))
        # As systemd does, somebody reads always: sd_notify(3) waits where the queue is full.
        threading.Thread(target=self.listen, daemon=True).start()
        self.errors = self.folder / 'stderr'
        environment = {'STATE_DIRECTORY': str(self.state), 'RUNTIME_DIRECTORY': str(self.runtime),
                       'NOTIFY_SOCKET': str(notify_path), 'TZ': 'UTC', **(environment or {})}
        self.state.mkdir(exist_ok=True)
        self.runtime.mkdir(exist_ok=True)
        command = [*through, str(program), '-c', str(self.config), *options]
        held = None
        if passed:
            if not self.fifo.exists():
                os.mkfifo(self.fifo, 0o600)
            held = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
            command = ['/bin/sh', '-c', f'exec 3<>"$0"; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=events exec "$@"',
                       str(self.fifo), *command]
        elif '-m' not in options:
            command.append('-m')
        with open(self.errors, 'ab') as errors:
            self.process = subprocess.Popen(command, env=environment, stderr=errors, stdin=subprocess.DEVNULL)
        if ready and (passed or self.process.poll() is None):
            self.wait_for_notification('READY=1')   # it has the FIFO too now
        if held is not None:
            os.close(held)

    @property
    def state(self):
        return self.folder / 'state'

    @property
    def runtime(self):
        return self.folder / 'run'

    def counters(self):
        """What it last wrote for Prometheus."""
        file = self.runtime / 'iptracking.prom'
        lines = file.read_text().splitlines() if file.exists() else []
        return {name.removeprefix('iptracking_'): float(value)
                for name, value in (line.split() for line in lines if not line.startswith('#'))}

    def listen(self):
        with self.notify:
            while message := self.notify.recv(65536):
                self.notifications += message.decode().splitlines()
                if b'WATCHDOG=1' in message:
                    self.pings.append(time.monotonic())

    def wait_for_notification(self, beginning, at_most=20):
        def found():
            for line in reversed(self.notifications):
                if line.startswith(beginning):
                    return line
            if self.process.poll() is not None:
                raise AssertionError(f'the daemon ended with {self.process.returncode}: {self.errors.read_text()}')
            return None
        return wait_until(found, at_most, beginning)

    def status(self):
        found = [line for line in self.notifications if line.startswith('STATUS=')]
        return found[-1][7:] if found else ''

    def wait_for_status(self, words, at_most=20):
        return wait_until(lambda: words in self.status() and self.status(), at_most, f'the status: {words}')

    def said(self):
        return self.errors.read_text(errors='replace')

    def write(self, data):
        """As a source does: blocks where the pipe is full."""
        data = data if isinstance(data, bytes) else data.encode()
        fifo = os.open(self.fifo, os.O_WRONLY)
        try:
            while data:
                data = data[os.write(fifo, data[:4096]):]
        finally:
            os.close(fifo)

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, at_most=30):
        """SIGTERM; gives the exit status."""
        self.process.terminate()
        return self.wait(at_most)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.close()

    def wait(self, at_most=30):
        status = self.process.wait(at_most)
        self.close()
        return status

    def close(self):
        """An empty message ends the listener, after all that was sent before it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b'', self.notify.getsockname())

    def cpu_seconds(self):
        fields = Path(f'/proc/{self.process.pid}/stat').read_text().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


class Pool:
    """What was taken, on the disk of a daemon that is not running."""

    def __init__(self, folder):
        self.path = Path(folder) / 'state/pool'

    def stream(self):
        """Its id; none before the first daemon made it."""
        path = self.path / 'stream'
        return path.read_text().split()[0] if path.exists() else None

    def bytes_after(self, place):
        segment, offset = place
        sizes = {int(path.stem): path.stat().st_size for path in self.path.glob('*.lines')}
        return sum(size for number, size in sizes.items() if number >= segment) - (offset if segment in sizes else 0)


class File:
    """A store that is a file, in the state directory unless it is put elsewhere."""

    def put_into(self, folder):
        self.config = self.config.replace(str(self.path.parent), str(folder))
        self.path = folder / self.path.name

    def take_away(self):
        """With its folder."""
        self.path.parent.rename(f'{self.path.parent}-away')

    def give_back(self):
        Path(f'{self.path.parent}-away').rename(self.path.parent)


class Sqlite(File):
    """What is in the sqlite3 database of a test."""

    def __init__(self, folder):
        self.pool = Pool(folder)
        self.path = Path(folder) / 'state/iptracking.sqlite3'
        self.config = f'database: {{driver-name: sqlite3, filename: {self.path}}}\n'

    def query(self, sql):
        if not self.path.exists():
            return []
        database = sqlite3.connect(f'file:{self.path}?mode=ro', uri=True, timeout=5)
        try:
            return database.execute(sql).fetchall()
        except sqlite3.OperationalError as error:
            if 'no such table' in str(error):
                return []
            raise
        finally:
            database.close()

    def rows(self):
        return [{'uid': uid, 'event': EVENTS[event], 'src': src, 'date': date, 'flags': flags}
                for uid, event, src, date, flags in
                self.query('SELECT uid, log_event, src_ipaddr, log_date, flags FROM inet_log ORDER BY id')]

    def users(self):
        return [uid for uid, in self.query('SELECT uid FROM inet_log ORDER BY id')]

    def count(self):
        found = self.query('SELECT count(*) FROM inet_log')
        return found[0][0] if found else 0

    def place(self):
        """How far the stream of the pool is stored: segment and offset."""
        try:
            found = self.query(f"SELECT segment, offset FROM stream WHERE id = '{self.pool.stream()}'")
        except sqlite3.OperationalError as error:
            if 'readonly' not in str(error):
                raise
            found = []  # killed while it made the database, which has to be rolled back first
        return found[0] if found else (0, 0)


class Csv(File):
    """What is in the CSV file of a test, by Python's reader of RFC 4180."""

    def __init__(self, folder):
        self.pool = Pool(folder)
        self.path = Path(folder) / 'state/events.csv'
        self.config = f'database: {{driver-name: csvfile, filename: {self.path}}}\n'

    def rows(self):
        if not self.path.exists():
            return []
        with open(self.path, newline='', encoding='utf-8') as file:
            return [{'uid': row[5], 'event': row[3], 'src': row[1], 'date': row[6], 'flags': int(row[14])}
                    for row in csv.reader(file, strict=True)]

    def users(self):
        """Of whole lines only: a torn one is an error."""
        with open(self.path, newline='', encoding='utf-8') as file:
            rows = list(csv.reader(file, strict=True))
        if any(len(row) != 24 for row in rows) or len(rows) != self.count():
            raise AssertionError(f'{self.path} has a torn line')
        return [row[5] for row in rows]

    def count(self):
        return self.path.read_bytes().count(b'\n') if self.path.exists() else 0

    def place(self):
        """How far the stream of the pool is stored: segment and offset, in the newer of two records."""
        path = self.pool.path.parent / 'csvfile.position'
        data = path.read_bytes() if path.exists() else b''
        records = [struct.unpack_from('4Q', data, at) for at in (0, 4096) if len(data) >= at + 72]
        return max(records, default=(0,) * 4)[2:]


class Postgres:
    """What is in the database of a test, which is a new one on a server that is shared where none is named.  `schema`,
    `keywords`: those of the configuration that are not as usual."""
    shared = None
    first = threading.Lock()

    def __init__(self, folder, server=None, schema=None, **keywords):
        with self.first:
            if server is None and Postgres.shared is None:
                Postgres.shared = Server()
        self.pool = Pool(folder)
        self.server = server or self.shared
        self.database = self.server.database(schema)
        self.keywords = {'host': str(self.server.folder), 'port': str(self.server.port), 'dbname': self.database.name,
                         'user': 'iptracking', **({'schema': schema} if schema else {}), **keywords}
        self.rows, self.users, self.count = self.database.rows, self.database.users, self.database.count

    @property
    def config(self):
        return f"database: {json.dumps({'driver-name': 'postgresql', **self.keywords}, ensure_ascii=False)}\n"

    def place(self):
        """How far the stream of the pool is stored, when no daemon runs: segment and offset."""
        wait_until(lambda: not self.database.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'iptracking'"), what='the last session')
        return self.database.place(self.pool.stream())

    def take_away(self):
        self.server.stop()

    def give_back(self):
        self.server.start()


FILE_DRIVERS = {'csvfile': Csv, 'sqlite3': Sqlite}   # for what can happen to files only
DRIVERS = {**FILE_DRIVERS, **({'postgresql': Postgres} if 'postgresql' in HELP.rsplit('Drivers in this build:', 1)[1] else {})}


class Run:
    """A daemon of a driver as systemd runs it, and the numbered events that it was given."""

    def __init__(self, test, folder, driver, pool='', place=None, **arguments):
        """`driver`: its name, or the store itself; `place`: a folder for the database, instead of the state directory."""
        self.test, self.folder = test, folder
        self.store = DRIVERS[driver](folder) if driver in DRIVERS else driver
        self.store.pool = Pool(folder)
        if place is not None:
            self.store.put_into(place)
        self.config = f'{self.store.config}log-pool: {{push-wait-seconds: {{min: 1, max: 1}}{pool}}}\n'
        self.sent = 0
        self.holder = None
        self.arguments = arguments
        self.start()

    def start(self):
        arguments = {**self.arguments, 'environment': {'WATCHDOG_USEC': '400000', **self.arguments.get('environment', {})}}
        self.daemon = self.test.daemon(folder=self.folder, passed=True, config=self.config, **arguments)
        if self.holder is None:
            self.holder = os.open(self.daemon.fifo, os.O_RDWR | os.O_NONBLOCK)
            self.test.addCleanup(os.close, self.holder)
            fcntl.fcntl(self.holder, fcntl.F_SETPIPE_SZ, 1024 * 1024)   # as the socket unit does: what is sent here fits

    def send(self, count, event=EVENT):
        self.daemon.write(''.join(event.format(number) for number in range(self.sent, self.sent + count)))
        self.sent += count

    def confirmed(self):
        """The place that the database confirmed last: segment and offset."""
        return tuple(int(word) for word in (self.daemon.state / 'pool/stored').read_text().split()[:2])

    def waiting_bytes(self):
        """What follows it."""
        segment, offset = self.confirmed()
        try:
            sizes = {int(path.stem): path.stat().st_size for path in (self.daemon.state / 'pool').glob('*.lines')}
        except FileNotFoundError:   # released meanwhile
            return self.waiting_bytes()
        return sum(size for number, size in sizes.items() if number >= segment) - offset * (segment in sizes)

    def wait_until_stored(self, at_most=30):
        self.wait(lambda: self.store.count() >= self.sent and self.waiting_bytes() == 0, at_most, f'{self.sent} rows')

    def wait(self, fact, at_most=20, what='it'):
        """Says in what state it is, if it has to."""
        try:
            wait_until(fact, at_most, what)
        except AssertionError as error:
            try:
                stored = self.store.count()
            except (sqlite3.DatabaseError, psycopg2.Error) as why:
                stored = why
            raise AssertionError(f'{error}; stored of {self.sent}: {stored}; the status is: {self.daemon.status()}; '
                                 f'the log is: {self.daemon.said()}') from None

    def ended(self):
        return self.daemon.process.poll() is not None

    def expect(self, *words):
        """In the status, and in the log."""
        for some in words:
            self.wait(lambda: some in self.daemon.status() or self.ended(), what=f'"{some}" in the status')
        self.expect_in_log(*words)

    def expect_in_log(self, *words):
        for some in words:
            self.wait(lambda: some.lower() in self.daemon.said().lower() or self.ended(), what=f'"{some}" in the log')
        self.test.assertFalse(self.ended(), self.daemon.said())

    def expect_rest(self):
        """As long as five pings take, it takes next to no time of a processor."""
        cpu, began, pings = self.daemon.cpu_seconds(), time.monotonic(), len(self.daemon.pings)
        self.wait(lambda: len(self.daemon.pings) >= pings + 5 or self.ended(), what='five pings')
        self.test.assertFalse(self.ended(), self.daemon.said())
        self.test.assertLess((self.daemon.cpu_seconds() - cpu) / (time.monotonic() - began), 0.3)

    def finish(self, at_most=30):
        """It goes on by itself, and all is there once, also after another start."""
        self.send(100)
        self.wait_until_stored(at_most)
        self.wait(lambda: self.daemon.status().startswith('Storing events') and ', 0 waiting (0 bytes)' in self.daemon.status(),
                  what='a status without trouble')
        self.test.assertEqual(self.daemon.stop(), 0)
        self.start()
        self.send(1)
        self.wait_until_stored()
        self.test.assertEqual(self.daemon.stop(), 0)
        self.test.assertEqual([int(row['uid']) for row in self.store.rows()], list(range(self.sent)))


class Programs(unittest.TestCase):
    """A test with a folder, and daemons that end with it."""
    temporary = None    # where the folder is; none: where temporary files are

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix='iptracking-', dir=self.temporary)
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def daemon(self, *options, folder=None, **arguments):
        daemon = Daemon(folder or self.folder, *options, **arguments)
        self.addCleanup(self.end, daemon)
        return daemon

    def sub(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def side_by_side(self, check, cases, at_once=6):
        """check(folder, *case) of each named case, since most of it is waiting."""
        with ThreadPoolExecutor(at_once) as pool:
            running = {name: pool.submit(check, self.sub(re.sub(r'\W+', '-', name)), *case) for name, case in cases.items()}
        for name, done in running.items():
            with self.subTest(name):
                done.result()

    @staticmethod
    def end(daemon):
        if daemon.process.poll() is None:
            daemon.process.send_signal(signal.SIGCONT)
            daemon.process.kill()
            daemon.process.wait()
            daemon.close()

    def callback(self, fifo, *options, environment=None, **pam):
        """Runs the callback as pam_exec does; gives its exit status."""
        variables = {'PAM_TYPE': 'auth', 'PAM_SERVICE': 'sshd', 'PAM_USER': 'somebody', **pam}
        return subprocess.run([CALLBACK, '-p', fifo, *options], env={**variables, **(environment or {})},
                              stdin=subprocess.DEVNULL, check=False).returncode


@unittest.skipUnless('postgresql' in DRIVERS, 'the build has no postgresql')
class OnServer(Programs):
    """All tests with the same `settings` share a PostgreSQL server.  Its processes may end, but not the machine: nothing
    has to be on the disk."""
    settings = {}
    servers = {}

    @classmethod
    def setUpClass(cls):
        key = tuple(cls.settings.items())
        if key not in cls.servers:
            cls.servers[key] = Server(listen='127.0.0.1', fsync=False, **cls.settings)
        cls.server = cls.servers[key]

    def store(self, **arguments):
        return Postgres(self.folder, self.server, **arguments)
