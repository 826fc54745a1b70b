# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon with PostgreSQL, beside COPY and beside one call and commit per event."""
import fcntl
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import events
from cost import cpu_seconds
from figures import say
from postgres_server import Server
from programs import BUILD, Daemon, Postgres, bytes_in
from waiting import wait_until

BATCH = 4096    # the daemon's
CALLS = 1000    # at most, since each waits for the disk
REPLACEMENT = '''
    DROP FUNCTION log_one_event;
    CREATE FUNCTION log_one_event(inet, inet, int, log_event_t, text, timestamptz, int, log_outcome_t, int, text, text, text, text,
                                  text, int) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO inet_log (dst_ipaddr, src_ipaddr, src_port, log_event, uid, log_date, dst_port, outcome, sshd_pid, service, tty,
                              ruser, rhost, host, flags)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);
    END $$;
    GRANT INSERT ON inet_log TO iptracking_writer;
    GRANT USAGE ON SEQUENCE inet_log_id_seq TO iptracking_writer;
    GRANT EXECUTE ON FUNCTION log_one_event TO iptracking_writer;'''


class Measured:
    """Rates of several rounds, and what they took of the processors, in seconds for each event."""

    def __init__(self):
        self.rates, self.server, self.client = [], [], []

    def add(self, count, seconds, server, client):
        self.rates.append(count / seconds)
        self.server.append(server / count)
        self.client.append(client / count)

    def beside(self, other):
        """The ratio of the rates, of rounds in which both ran: what else the machine did was about the same for both."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.rates, other.rates))

    def line(self, name):
        return (f'{name:48} {statistics.median(self.rates):9.0f} {min(self.rates):9.0f} {max(self.rates):9.0f}'
                f' {1e6 * statistics.median(self.server):8.1f} {1e6 * statistics.median(self.client):8.1f}')


class Bench:
    def __init__(self, folder, count):
        self.folder = folder
        self.events = events.Events(count)
        self.lines = ''.join(self.events.lines).encode()
        self.server = Server()
        self.server.set(shared_buffers='128MB', max_wal_size='4GB')   # the default; so much that no checkpoint is in between
        self.server.restart()
        self.stores = 0

    def store(self, *setup):
        """A new database; what was before is on the disk."""
        self.stores += 1
        folder = self.folder / str(self.stores)
        folder.mkdir()
        store = Postgres(folder, self.server)
        for sql in setup:
            store.database.query(sql)
        self.server.query('CHECKPOINT')
        return store

    def drop(self, store):
        store.database.close()
        self.server.query(f'DROP DATABASE {store.database.name}')

    def daemon(self, store):
        """And its pipe, of the size that the socket unit gives it."""
        daemon = Daemon(store.pool.path.parents[1], passed=True, config=store.config)
        daemon.wait_for_status('Storing events')
        fifo = os.open(daemon.fifo, os.O_RDWR)
        fcntl.fcntl(fifo, fcntl.F_SETPIPE_SZ, 1024 * 1024)
        return daemon, fifo

    def end(self, daemon, fifo):
        os.close(fifo)
        if daemon.stop() != 0:
            raise RuntimeError(daemon.said())

    def measure_daemon(self, measured, *setup):
        """From the first byte into the pipe until the server has said that all is committed; gives the store."""
        store = self.store(*setup)
        daemon, fifo = self.daemon(store)

        def all_is_stored():    # asked from the disk, since questions to the server would take its processor
            segment, offset = map(int, (daemon.state / 'pool/stored').read_text().split()[:2])
            return not bytes_in(fifo) and not store.pool.bytes_after((segment, offset))
        server, client, began = cpu_seconds(self.server.process.pid), daemon.cpu_seconds(), time.perf_counter()
        data = memoryview(self.lines)
        while data:
            data = data[os.write(fifo, data[:65536]):]
        wait_until(all_is_stored, 120, 'the last event')
        measured.add(self.events.count, time.perf_counter() - began, cpu_seconds(self.server.process.pid) - server,
                     daemon.cpu_seconds() - client)
        self.end(daemon, fifo)
        return store

    def measure_load(self, measured, way, count=None):
        store = self.store()
        conninfo = f'host={self.server.folder} port={self.server.port} dbname={store.database.name} user=postgres'
        rows = self.events.rows[:count]
        server = cpu_seconds(self.server.process.pid)
        done = subprocess.run([BUILD / 'tests/bench/postgres-load', way, conninfo, str(BATCH)], input=''.join(rows).encode(),
                              stdout=subprocess.PIPE, check=True)
        seconds, client = map(float, done.stdout.split())
        measured.add(len(rows), seconds, cpu_seconds(self.server.process.pid) - server, client)
        return store

    def lone_events(self, count):
        """Seconds of commits, and of lone events from the pipe to where another session sees them, alternating."""
        store = self.store('CREATE TABLE one (n int)')
        daemon, fifo = self.daemon(store)
        commits, lone = [], []
        for number in range(count):
            began = time.perf_counter()
            store.database.query('INSERT INTO one VALUES (1)')
            commits.append(time.perf_counter() - began)
            began = time.perf_counter()
            os.write(fifo, self.events.lines[number].encode())
            while store.count() <= number:
                pass
            lone.append(time.perf_counter() - began)
        self.end(daemon, fifo)
        self.drop(store)
        return commits, lone


def check_same(*stores):
    """They have the same rows in the same order."""
    if len({store.database.query("""SELECT count(*), md5(string_agg(md5((dst_ipaddr, src_ipaddr, src_port, log_event, uid,
            log_date, dst_port, outcome, sshd_pid, service, tty, ruser, rhost, host, flags)::text), '' ORDER BY id))
            FROM inet_log""")[0] for store in stores}) != 1:
        raise AssertionError('the ways to store the same events did not store the same')


def filter_of(nets):
    return f"INSERT INTO unlogged_nets SELECT unnest('{{{','.join(nets)}}}'::cidr[])"


def run(quick, figures):
    count, rounds, lone = (50_000, 3, 50) if quick else (100_000, 3, 100)
    with tempfile.TemporaryDirectory(prefix='iptracking-bench-', dir='/var/tmp') as folder:
        bench = Bench(Path(folder), count)
        report(bench, rounds, lone, figures)
        bench.server.end()


def report(bench, rounds, lone, figures):
    nets = bench.events.unlogged()
    ways = {name: Measured() for name in (
        'daemon', f'daemon, unlogged_nets has {len(nets)} networks', 'daemon, log_one_event() replaced', 'COPY, text',
        'COPY, binary', 'log_one_event() and commit per event')}
    daemon, filtered, replaced, text, binary, calls = ways.values()
    steps = [lambda: bench.measure_daemon(daemon), lambda: bench.measure_load(text, 'copy'),
             lambda: bench.measure_daemon(filtered, filter_of(nets)), lambda: bench.measure_load(binary, 'copy-binary'),
             lambda: bench.measure_load(calls, 'calls', CALLS), lambda: bench.measure_daemon(replaced, REPLACEMENT)]
    for number in range(rounds):
        # In turn from either end: what one leaves to be written in the background, the next one pays for.
        order = range(len(steps)) if number % 2 == 0 else reversed(range(len(steps)))
        done = {step: steps[step]() for step in order}
        stored, copied, with_filter, copied_binary, _, trivial = (done[step] for step in range(len(steps)))
        check_same(stored, copied, copied_binary, trivial)
        left = with_filter.count()
        copied.database.query(f"DELETE FROM inet_log WHERE src_ipaddr <<= ANY ('{{{','.join(nets)}}}')")
        check_same(with_filter, copied)
        for store in done.values():
            bench.drop(store)
    commits, waits = bench.lone_events(lone)

    total = bench.events.count
    say(f'{total} events in transactions of {BATCH}, {rounds} rounds; the pipe is filled as fast as it empties, and the clock runs '
        f'from its first byte until the last event is committed.  A PostgreSQL with its defaults (fsync on) on the disk of '
        f'/var/tmp; the schema as it is shipped.\n{events.ABOUT}; {100 * (1 - left / total):.1f} % of the events come from the '
        f'unlogged networks.  All ways stored the same.\n\n'
        f'{"":48} {"events/s":>9} {"least":>9} {"most":>9} {"us of processors/event":>17}\n'
        f'{"":48} {"(median)":>9} {"":9} {"":9} {"server":>8} {"client":>8}')
    for name, measured in ways.items():
        say(measured.line(name))
    figures.add('daemon / COPY', daemon.beside(text), 'x', least=0.85)
    figures.add('daemon with unlogged networks / COPY', filtered.beside(text), 'x', least=0.70)
    figures.add('daemon / one call and commit per event', daemon.beside(calls), 'x', least=20)
    unit, in_order = statistics.median(commits), sorted(waits)
    figures.add('a commit of one row', 1000 * unit, 'ms')
    figures.add('a lone event until another session sees it, p50', in_order[lone // 2] / unit, 'commits')
    figures.add('a lone event until another session sees it, p99', in_order[lone * 99 // 100] / unit, 'commits')
