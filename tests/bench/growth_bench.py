# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon with sqlite3 as the log grows: its rate, a day of a million events, and a daemon with nothing to do."""
import fcntl
import os
import re
import sqlite3
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from asked import GENERATOR
from figures import in_turn, ratio, say
from many_rows import sqlite3_of
from programs import EVENT, Daemon
from waiting import wait_until

STEP = 20_000       # events that the daemon summarises at once; fewer than that may wait for some seconds
WATCHDOG = 4        # seconds
LEAST_RATE = 0.80   # of that into a tenth of the rows
FLAT = 1.08         # the memory of the last quarter beside that of the first; two bytes lost for each event would be more
MOST_MEMORY = 48    # MiB: program 8, SQLite's cache 8, connections 7, a batch and a spare one 6, a step of the summaries 10


def copy_of(path, folder):
    """What is kept must stay as it is."""
    copy = folder / f'copy-{path.name}'
    subprocess.run(['cp', '--reflink=auto', path, copy], check=True)
    return copy


def lines_of(rows, days, end):
    """Events before `end`, in the order of time."""
    return subprocess.run([GENERATOR, '--lines', f'--rows={rows}', f'--days={days}', f'--end={end}', '--seed=2'],
                          stdout=subprocess.PIPE, check=True).stdout


class Storing:
    """A daemon, and the database `path` that it stores into."""

    def __init__(self, path):
        folder = path.with_suffix('.daemon')
        folder.mkdir(exist_ok=True)
        self.daemon = Daemon(folder, passed=True, config=f'database: {{driver-name: sqlite3, filename: {path}}}\n',
                             environment={'WATCHDOG_USEC': f'{WATCHDOG}000000'})
        self.daemon.wait_for_status('Storing events')
        self.fifo = os.open(self.daemon.fifo, os.O_RDWR)
        fcntl.fcntl(self.fifo, fcntl.F_SETPIPE_SZ, 1024 * 1024)     # as the socket unit does
        self.database = sqlite3.connect(f'file:{path}?mode=ro', uri=True, timeout=5)

    def ask(self, sql):
        return self.database.execute(sql).fetchone()

    def last(self):
        return self.ask('SELECT ifnull(max(id), 0) FROM inet_log')[0]

    def summarised(self):
        """The last id in all summaries."""
        return self.ask('SELECT min(upto) FROM summary')[0]

    def store(self, data, look=lambda: None):
        """Through the pipe, as fast as it empties, until all is committed; gives the seconds.  Calls look() often."""
        began, last, rest = time.monotonic(), self.last() + data.count(b'\n'), memoryview(data)
        while rest:
            rest = rest[os.write(self.fifo, rest[:65536]):]
            look()
        wait_until(lambda: look() or self.last() == last, 120, 'the last event')
        return time.monotonic() - began

    def wait_for_summaries(self, look=lambda: None):
        wait_until(lambda: look() or self.last() - self.summarised() < STEP, 120, 'the summaries')

    def summarise(self):
        """Waits until it has; gives the seconds that it was at work.  Before it begins it may wait for more events, so until
        the first step is done only the processor counts.
        """
        begin, cpu = self.summarised(), self.daemon.cpu_seconds()
        wait_until(lambda: self.summarised() > begin or self.last() - begin < STEP, 20, 'the first summary')
        began, cpu = time.monotonic(), self.daemon.cpu_seconds() - cpu
        self.wait_for_summaries()
        return cpu + time.monotonic() - began

    def memory(self):
        """MiB, now and at most."""
        status = Path(f'/proc/{self.daemon.process.pid}/status').read_text()
        return [int(status.partition(f'{name}:')[2].split()[0]) / 1024 for name in ('VmRSS', 'VmHWM')]

    def sleeps(self):
        """How often its threads have gone to sleep, so how often they were woken."""
        return sum(int(re.search(r'^voluntary_ctxt_switches:\s+(\d+)', status.read_text(), re.M)[1])
                   for status in Path(f'/proc/{self.daemon.process.pid}/task').glob('*/status'))

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self.database.close()
        os.close(self.fifo)
        if failed:
            self.daemon.kill()
        elif self.daemon.stop() != 0:
            raise RuntimeError(self.daemon.said())


def rates(small, large, rounds, folder, figures):
    """Into databases of so many rows, behind the dates that are there."""
    count = 200_000
    data = lines_of(count, 7, '2026-11-28T00:00:00Z')
    copies = [copy_of(sqlite3_of(rows, figures), folder) for rows in (small, large)]
    os.sync()       # or somebody pays for the copies

    def rate_into(path):
        with Storing(path) as storing:
            return count / (storing.store(data) + storing.summarise())
    into_small, into_large = in_turn(rounds, [lambda path=path: rate_into(path) for path in copies])
    for rows, measured in (small, into_small), (large, into_large):
        figures.add(f'into {rows:.0e} rows, with summaries', statistics.median(measured), 'events/s')
    figures.add(f'rate into {large:.0e} rows / into {small:.0e}', ratio(into_large, into_small), 'x', least=LEAST_RATE)
    for copy in copies:
        copy.unlink()


def bare_loop(path, count, with_index, with_summaries):
    """Microseconds for each event of a loop that writes as the daemon does into a new database."""
    subprocess.run([GENERATOR, '--rows=1', f'--sqlite={path}'], check=True, stderr=subprocess.DEVNULL)
    if not with_index:
        database = sqlite3.connect(path)
        database.execute('DROP INDEX inet_log_log_date')
        database.close()
    done = subprocess.run([GENERATOR, f'--rows={count}', f'--sqlite={path}', '--sync', '--batch=4096',
                           f'--step={STEP if with_summaries else 0}'], check=True, stderr=subprocess.PIPE, text=True)
    for file in path.parent.glob(f'{path.name}*'):
        file.unlink()
    return 1e6 / float(re.findall(r'(\d+) a second', done.stderr)[-1])


def what_questions_cost(count, rounds, folder, figures):
    """Each way has one thing more than the one before it."""
    ways = (False, False), (True, False), (True, True)
    rows, index, both = in_turn(rounds, [lambda way=way: bare_loop(folder / 'bare.sqlite3', count, *way) for way in ways])
    say('The index on log_date serves questions about a span of time, and lists in their order (events, last, sessions, '
        'failures); the summaries serve those about all time (top, users, user, address, daily, new, failures by whom, the '
        'report).')
    figures.add('a row in a bare loop, with its session and what became of its attempt', statistics.median(rows), 'us/event')
    figures.add('the same with the index on log_date', statistics.median(index), 'us/event')
    figures.add('the same with index and summaries', statistics.median(both), 'us/event')
    figures.add('time with the index / without', ratio(index, rows), 'x')
    figures.add('time with index and summaries / without', ratio(both, rows), 'x')


def day(count, storing, figures):
    """All events of a day as fast as the pipe takes them; into a database with so many connections that no more are kept in
    memory.
    """
    memory = []

    def look():
        memory.append(storing.memory()[0])
    storing.store(lines_of(2 * STEP, 1, '2026-11-21T00:00:00Z'))
    storing.wait_for_summaries()
    begin, data = storing.last(), lines_of(count, 1, '2026-11-22T00:00:00Z')
    figures.add(f'a day of {count:.0e} events at once: until all are stored', storing.store(data, look), 's')
    storing.wait_for_summaries(look)
    rows, pids = storing.ask(f'SELECT count(*), sum(sshd_pid) FROM inet_log WHERE id > {begin}')
    figures.add('of these: not stored', count - rows, 'events', most=0)
    if rows == count and pids != sum(map(int, re.findall(rb' pid=(\d+) ', data))):
        raise AssertionError('other events are stored than were sent')
    quarter = len(memory) // 4
    figures.add('memory of the daemon meanwhile: last quarter / first', max(memory[-quarter:]) / max(memory[:quarter]), 'x',
                most=FLAT)
    figures.add('the same, at most', storing.memory()[1], 'MiB', most=MOST_MEMORY)


def at_ping(storing):
    """Just behind the next ping: how many there were, how often it slept, its seconds of the processor, and the time."""
    daemon, before = storing.daemon, len(storing.daemon.pings)
    wait_until(lambda: len(daemon.pings) > before, 10 * WATCHDOG, 'a ping')
    wait_until(lambda: ') S ' in Path(f'/proc/{daemon.process.pid}/stat').read_text(), what='its sleep')
    return len(daemon.pings), storing.sleeps(), daemon.cpu_seconds(), time.monotonic()


def tell_rest(begin, end, figures):
    pings, sleeps, cpu, seconds = (after - before for before, after in zip(begin, end))
    figures.add(f'idle for {seconds:.0f} s, with WatchdogSec={WATCHDOG}s: wake-ups / pings of the watchdog', sleeps / pings, 'x',
                most=1)
    figures.add('the same: processor', 1000 * cpu / seconds, 'ms/s', most=1)


def run(quick, figures):
    small, large = (100_000, 1_000_000) if quick else (1_000_000, 10_000_000)
    with tempfile.TemporaryDirectory(prefix='iptracking-bench-', dir='/var/tmp') as name:
        folder = Path(name)
        with Storing(folder / 'resting.sqlite3') as resting:
            resting.daemon.write(EVENT.format('somebody'))
            rates(small, large, 1 if quick else 3, folder, figures)
            wait_until(lambda: resting.summarised() == 1, 20, 'the summary of the only event')
            begin = at_ping(resting)        # it rests while others work
            what_questions_cost(50_000 if quick else 100_000, 1 if quick else 3, folder, figures)
            with Storing(copy_of(sqlite3_of(1_000_000, figures), folder)) as storing:
                day(200_000 if quick else 1_000_000, storing, figures)
            tell_rest(begin, at_ping(resting), figures)
