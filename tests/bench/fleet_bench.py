# SPDX-License-Identifier: GPL-2.0-or-later
"""What the logins of many hosts cost one PostgreSQL, through a pool of a few connections."""
import statistics
import tempfile
import time
from pathlib import Path

from cost import cpu_seconds
from figures import say
from fleet import Fleet, stored_numbers
from postgres_server import Pgbouncer, Server
from programs import DAEMON, Postgres
from waiting import wait_until

SIZES = 1, 50, 500
RATES = 50, 500     # logins a second, of all hosts together
POOL = 10


class Cost:
    """From when it is made until take()."""

    def __init__(self, server, pool, store):
        self.server, self.pool, self.database = server, pool, store.database
        server.query('CHECKPOINT')
        self.before, self.began = self.now(), time.monotonic()

    def now(self):
        (wal, size, events), = self.database.query('''SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint,
            pg_total_relation_size('inet_log_default') + pg_total_relation_size('stream'), (SELECT count(*) FROM inet_log)''')
        return (cpu_seconds(self.server.process.pid), cpu_seconds(self.pool.process.pid), wal, size, events)

    def take(self):
        """Logins a second; for each login: seconds of the server and of the pool, bytes of WAL and on the disk."""
        seconds = time.monotonic() - self.began
        *costs, events = (after - before for after, before in zip(self.now(), self.before))
        logins = events / 4
        return [logins / seconds, *(cost / logins for cost in costs)]


def batch_sizes(store, begin):
    """Of the rows behind `begin`, one for each transaction."""
    return sorted(size for size, in store.database.query('SELECT count(*) FROM inet_log WHERE id > %s GROUP BY xmin', (begin,)))


def measure(server, pool, store, fleet, send):
    """A line of the table: what send() costs."""
    (begin,), = store.database.query('SELECT coalesce(max(id), 0) FROM inet_log')
    cost = Cost(server, pool, store)
    send()
    # Rows are counted only when there may be enough of them: to count costs the server more than to store.
    wait_until(lambda: store.database.query('SELECT last_value FROM inet_log_id_seq')[0][0] >= fleet.sent() and
               store.count() >= fleet.sent(), 120, f'{fleet.sent()} events')
    rate, cpu, pool_cpu, wal, size = cost.take()
    sizes = batch_sizes(store, begin)
    return (f'{rate:8.0f} {1e6 * cpu:9.0f} {1e6 * pool_cpu:9.0f} {wal:9.0f} {size:9.0f} '
            f'{statistics.median(sizes):9.0f} {sizes[-1]:6}')


def run(quick, figures):
    seconds, flood = (2, 10_000) if quick else (3, 20_000)
    say(f'A login is 4 events.  Hosts are daemons of their own; pgbouncer (transaction mode, {POOL} connections) and a PostgreSQL '
          f'with its defaults, fsync on, on the disk of /var/tmp; {seconds} s at random times for each rate, and a flood of '
          f'{flood} logins, all on this machine.  WAL counts from a checkpoint on, so with the first images of pages.\n\n'
          f'{"hosts":>5} {"logins/s":>9} {"logins/s":>8} {"us of processors/login":>19} {"bytes for each login":>19} {"events in a batch":>16}\n'
          f'{"":5} {"asked":>9} {"stored":>8} {"server":>9} {"pool":>9} {"WAL":>9} {"tables":>9} {"median":>9} {"most":>6}')
    server = Server()
    server.set(shared_buffers='128MB', max_wal_size='4GB')
    server.restart()
    pool = Pgbouncer(server, size=POOL, max_client_conn=2 * max(SIZES))
    for size in SIZES:
        with tempfile.TemporaryDirectory(prefix='iptracking-bench-', dir='/var/tmp') as folder:
            store = Postgres(Path(folder), server)
            fleet = Fleet(Path(folder), DAEMON, size, {**store.keywords, 'host': str(pool.folder), 'port': str(pool.port)})
            try:
                fleet.wait_until_storing()
                for rate in RATES:
                    line = measure(server, pool, store, fleet, lambda rate=rate: fleet.log_in(seconds, rate))
                    say(f'{size:5} {rate:9} {line}')
                line = measure(server, pool, store, fleet, lambda: fleet.flood(flood // size))
                say(f'{size:5} {"flood":>9} {line}')
                if stored_numbers(store.database) != fleet.numbers():
                    raise AssertionError('not every event was stored once and in order')
                resident, proportional = fleet.memory()
                if bad := fleet.stop():
                    raise AssertionError(f'daemons ended with {bad}')
            finally:
                fleet.kill()
    figures.add(f'memory of a daemon, one of {max(SIZES)}', resident / 2**20, 'MiB')
    figures.add('the same, shared pages divided by those who share them', proportional / 2**20, 'MiB')
    pool.stop()
    server.end()
