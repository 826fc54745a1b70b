# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon with sqlite3 and csvfile, beside bare loops that write the same; latency."""
import fcntl
import multiprocessing
import os
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from figures import in_turn, ratio, say
from programs import BUILD, DRIVERS, Daemon, bytes_in
from waiting import wait_until

WRITERS = 16
BATCH_BYTES = 1024 * 1024   # most_batch_bytes of src/pool/batch.h: what the daemon takes at once when more is waiting
STEP = 20_000               # about what the daemon's summaries take at once, in a flood
SCHEMA = sorted((Path(__file__).parents[2] / 'sql').glob('sqlite3-*.sql'))
TABLES = {'inet_log': 'dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service, tty, '
                      'ruser, rhost, host, flags, src_net6, origin',
          'session': 'sshd_pid, open_id, close_id', 'attempt_success': 'attempt_id, success_id',
          'address_day': 'day, dst_ipaddr, src_ipaddr, src_net6, log_count, failures, successes, opened, start_date, end_date',
          'user_day': 'day, uid, log_count, failures, successes, opened, start_date, end_date',
          'quarter': 'start_date, log_count, failures, successes, opened, closed',
          'user_address': 'uid, src_ipaddr, log_count, start_date, end_date'}
RATES = {10: 10, 1000: 5, 10_000: 5}     # events a second, and for how many seconds


def generated(rows, form):
    """As dense in time as a million rows a year, which is what the generator makes of its own accord."""
    days = max(1, rows * 365 // 1_000_000)
    return subprocess.run([BUILD / 'tests/tools/event-generator', f'--rows={rows}', f'--days={days}', form],
                          stdout=subprocess.PIPE, check=True).stdout


class Events:
    """The same ones as lines and as rows."""

    def __init__(self, folder, count):
        self.count, self.lines, self.rows = count, generated(count, '--lines'), generated(count, '--copy')
        self.file = folder / 'lines'
        self.file.write_bytes(self.lines)
        self.batch = BATCH_BYTES * count // len(self.lines)


class OneWriter:
    """Writes 65 536 bytes at a time."""

    def __init__(self, fifo, events):
        self.fifo = os.open(fifo, os.O_WRONLY)
        self.process = multiprocessing.Process(target=self.write, args=(memoryview(events.lines),))

    def write(self, data):
        while data:
            data = data[os.write(self.fifo, data[:65536]):]

    def start(self):
        self.process.start()

    def is_alive(self):
        return self.process.is_alive()

    def end(self):
        self.process.join()
        os.close(self.fifo)


class ManyWriters:
    """Whoever of them is ready writes the next line; so an attempt may come behind its success."""

    def __init__(self, fifo, events):
        self.process = subprocess.Popen([BUILD / 'tests/bench/fifo-writers', fifo, str(WRITERS), events.file],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def start(self):
        self.process.stdin.close()

    def is_alive(self):
        return self.process.poll() is None

    def end(self):
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise RuntimeError('a writer failed')


FEEDS = {'1 writer': OneWriter, '16 writers': ManyWriters}
WHY_MANY = ('it waits for a processor as long as it runs (schedstat): beside it are 16 writers, ready whenever the pipe has '
            'room, and nobody is beside the bare loop')
WHY_CSV = ('to take, parse and write out an event takes as long on a processor as the loop takes in all, its fdatasync(2) '
           'included; and a batch takes a second fdatasync(2), of the position')


class Store:
    """A daemon with a new store in a folder of its own, and its pipe of the size that the socket unit gives it."""

    def __init__(self, folder, driver):
        folder.mkdir()
        self.store = DRIVERS[driver](folder)
        self.daemon = Daemon(folder, passed=True, config=self.store.config)
        self.daemon.wait_for_status('Storing events')
        self.fifo = os.open(self.daemon.fifo, os.O_RDWR)
        fcntl.fcntl(self.fifo, fcntl.F_SETPIPE_SZ, 1024 * 1024)
        self.database = None
        if driver == 'sqlite3':
            self.database = sqlite3.connect(f'file:{self.store.path}?mode=ro', uri=True)

    def is_done(self, count):
        """All events are committed, once they have been written to the pipe, and the summaries know them."""
        if self.database:
            ask = 'SELECT max(id), (SELECT min(upto) FROM summary) FROM inet_log'
            return self.database.execute(ask).fetchone() == (count, count)
        segment, offset = map(int, (self.daemon.state / 'pool/stored').read_text().split()[:2])
        return not bytes_in(self.fifo) and not self.store.pool.bytes_after((segment, offset))

    def end(self):
        if self.database:
            self.database.close()
        os.close(self.fifo)
        if self.daemon.stop() != 0:
            raise RuntimeError(self.daemon.said())


class Bench:
    def __init__(self, folder, count):
        self.folder, self.events, self.stores = folder, Events(folder, count), 0
        self.processor = {}     # seconds of the daemon for each event

    def new_folder(self):
        self.stores += 1
        return self.folder / str(self.stores)

    def daemon(self, driver, writer):
        """Seconds from the first byte until nothing trails behind; and the store, which has ended."""
        store = Store(self.new_folder(), driver)
        feeder = writer(store.daemon.fifo, self.events)
        before, began = store.daemon.cpu_seconds(), time.perf_counter()
        feeder.start()
        wait_until(lambda: (store.database or not feeder.is_alive()) and store.is_done(self.events.count), 120, 'the last event')
        seconds = time.perf_counter() - began
        self.processor.setdefault((driver, writer), []).append((store.daemon.cpu_seconds() - before) / self.events.count)
        feeder.end()
        store.end()
        return seconds, store.store.path

    def emptied(self):
        """Seconds that the writers take where the pipe is only emptied."""
        fifo = self.new_folder()
        os.mkfifo(fifo)
        pipe = os.open(fifo, os.O_RDWR)
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1024 * 1024)
        feeder, left = ManyWriters(fifo, self.events), len(self.events.lines)
        began = time.perf_counter()
        feeder.start()
        while left:
            left -= len(os.read(pipe, 1024 * 1024))
        seconds = time.perf_counter() - began
        feeder.end()
        os.close(pipe)
        return seconds

    def bare_sqlite(self, what):
        path = self.new_folder()
        done = subprocess.run([BUILD / 'tests/bench/bare-sqlite', what, path, str(self.events.batch), str(STEP), *SCHEMA],
                              input=self.events.rows, stdout=subprocess.PIPE, check=True)
        return float(done.stdout.split()[0]), path

    def bare_csv(self, data):
        """Seconds of write and fdatasync of the same bytes in the same batches."""
        batch = len(data) * self.events.batch // self.events.count
        with open(self.new_folder(), 'wb', buffering=0) as file:
            began = time.perf_counter()
            for begin in range(0, len(data), batch):
                file.write(data[begin:begin + batch])
                os.fdatasync(file)
            return time.perf_counter() - began


def check_same(paths, tables):
    """The tables have the same rows, in whatever order."""
    found = set()
    for path in paths:
        with sqlite3.connect(f'file:{path}?mode=ro', uri=True) as database:
            found.add(tuple(hash(frozenset(database.execute(f'SELECT {columns}, count(*) FROM {table} GROUP BY {columns}')))
                            for table, columns in TABLES.items() if table in tables))
        database.close()
    if len(found) != 1:
        raise AssertionError('the ways to store the same events did not store the same')


def report_rates(bench, driver, ways, rounds, figures):
    """`ways`: functions by name, each giving seconds; gives lists of seconds by name."""
    took = dict(zip(ways, in_turn(rounds, list(ways.values()))))
    for name, seconds in took.items():
        figures.add(f'{driver}, {name}', bench.events.count / statistics.median(seconds), 'events/s')
    for name, writer in FEEDS.items():
        processor = statistics.median(bench.processor[driver, writer])
        figures.add(f'{driver}, processor time of the daemon, {name}', 1e6 * processor, 'us/event')
    return took


def measure_sqlite(bench, rounds, figures):
    last = {}

    def way(name, measure, *arguments):
        def timed():
            seconds, last[name] = measure(*arguments)
            return seconds
        return timed
    took = report_rates(bench, 'sqlite3', {
        'daemon, 1 writer': way('one', bench.daemon, 'sqlite3', OneWriter), 'bare loop': way('all', bench.bare_sqlite, 'all'),
        'daemon, 16 writers': way('many', bench.daemon, 'sqlite3', ManyWriters),
        '16 writers, a pipe that is only emptied': bench.emptied,
        'bare loop without summaries': way('rows', bench.bare_sqlite, 'rows')}, rounds, figures)
    check_same(last.values(), {'inet_log'})
    check_same([last['one'], last['all']], TABLES)
    for writers in FEEDS:
        for bare, least in (('bare loop', 0.70), ('bare loop without summaries', 0.50)):
            figures.add(f'sqlite3, daemon, {writers} / {bare}', ratio(took[bare], took[f'daemon, {writers}']), 'x', least=least,
                        why=WHY_MANY if writers == '16 writers' else None)


def measure_csv(bench, rounds, figures):
    data = bench.daemon('csvfile', OneWriter)[1].read_bytes()
    took = report_rates(bench, 'csvfile', {
        'daemon, 1 writer': lambda: bench.daemon('csvfile', OneWriter)[0], 'write and fdatasync': lambda: bench.bare_csv(data),
        'daemon, 16 writers': lambda: bench.daemon('csvfile', ManyWriters)[0]}, rounds, figures)
    for writers in FEEDS:
        figures.add(f'csvfile, daemon, {writers} / write and fdatasync',
                    ratio(took['write and fdatasync'], took[f'daemon, {writers}']), 'x', least=0.70, why=WHY_CSV)


def see(store, count, seen):
    """Notes when how many events can be seen, until all can: a reader with a connection of its own."""
    if store.database:
        with sqlite3.connect(f'file:{store.store.path}?mode=ro', uri=True) as database:
            def number():
                return database.execute('SELECT max(id) FROM inet_log').fetchone()[0] or 0
            watch(number, count, seen)
        database.close()
        return
    with open(store.store.path, 'rb', buffering=0) as file:
        lines = 0

        def number():
            nonlocal lines
            lines += file.read(1 << 20).count(b'\n')
            return lines
        watch(number, count, seen)


def watch(number, count, seen):
    notes, last = [], 0
    while last < count:
        now = number()
        if now > last:
            notes.append((time.perf_counter(), now))
            last = now
        else:
            time.sleep(50e-6)
    seen.send(notes)


def fdatasyncs(file, rounds):
    took = []
    for _ in range(rounds):
        file.write(bytes(4096))
        began = time.perf_counter()
        os.fdatasync(file)
        took.append(time.perf_counter() - began)
    return took


def offer(fifo, lines, rate):
    """Writes a line each time that it is due; gives when each was written."""
    sent, begin = [], time.perf_counter()
    for number, line in enumerate(lines):
        due = begin + number / rate
        while (wait := due - time.perf_counter()) > 0:
            time.sleep(max(wait - 50e-6, 0))
        sent.append(time.perf_counter())
        os.write(fifo, line)
    return sent


def latencies(bench, driver, rate, seconds):
    """Of each event, from its write(2) until a reader sees it, in units of the fdatasync(2) that were measured just before and
    after; and the seconds that those took, sorted.  In parts, so that both meet the same disk.
    """
    store = Store(bench.new_folder(), driver)
    lines = bench.events.lines.splitlines(keepends=True)
    parts, of_part = 5, rate * seconds // 5
    waits, units, seen = [], [], 0
    with open(bench.folder / 'synced', 'wb', buffering=0) as file:
        os.write(store.fifo, lines[0])  # makes the file
        wait_until(lambda: store.store.count() == 1, 20, 'the first event')
        syncs = fdatasyncs(file, 20)
        all_syncs = [*syncs]
        for part in range(parts):
            read, write = multiprocessing.Pipe(False)
            begin, end = 1 + part * of_part, 1 + (part + 1) * of_part
            reader = multiprocessing.Process(target=see, args=(store, end, write))
            reader.start()
            sent = offer(store.fifo, lines[begin:end], rate)
            notes = iter(read.recv())
            reader.join()
            before, syncs = syncs, fdatasyncs(file, 20)
            all_syncs += syncs
            units.append(statistics.median(before + syncs))
            for at in sent:
                begin += 1
                while seen < begin:
                    when, seen = next(notes)
                waits.append((when - at) / units[-1])
    store.end()
    return sorted(waits), sorted(all_syncs)


def measure_latency(bench, driver, share, figures):
    for rate, seconds in RATES.items():
        waits, syncs = latencies(bench, driver, rate, max(1, seconds // share))
        for name, percent in ('p50', 50), ('p99', 99):
            figures.add(f'{driver}, {rate} events/s offered, until a reader sees one, {name}', waits[len(waits) * percent // 100],
                        'fdatasync')
            figures.add(f'{driver}, {rate} events/s offered, one fdatasync, {name}', 1000 * syncs[len(syncs) * percent // 100], 'ms')


def run(quick, figures):
    count, rounds, share = (100_000, 3, 2) if quick else (200_000, 3, 1)
    with tempfile.TemporaryDirectory(prefix='iptracking-bench-', dir='/var/tmp') as folder:
        bench = Bench(Path(folder), count)
        say(f'{count} events, {rounds} rounds; from the first byte into the pipe until the last event is committed and the '
            f'summaries know it.  1 writer: 64 KiB a write; {WRITERS} writers: a line a write.  The bare loops: '
            f'{bench.events.batch} events in a transaction, the summaries each {STEP}')
        measure_sqlite(bench, rounds, figures)
        measure_csv(bench, rounds, figures)
        for driver in ('sqlite3', 'csvfile'):
            measure_latency(bench, driver, share, figures)
