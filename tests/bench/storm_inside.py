# SPDX-License-Identifier: GPL-2.0-or-later
"""storm_inside.py BUILD_DIR SECONDS LINES LOGINS: what storm_bench.py runs in the booted system; the last line that it prints
is what it found, as JSON.
"""
import json
import multiprocessing
import os
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / 'system'), str(TESTS)]

import database
import journal
import logins
import machine

AT_ONCE = 200
EVENTS = 3          # of a login by key


class Watched:
    """What becomes of the events of a block, and the most memory of the daemon, which is a new one."""

    def __enter__(self):
        machine.forget_stall()
        machine.systemctl('restart', machine.SERVICE)
        database.wait_for_all()
        self.refused, self.lost = machine.count_beside('.refused'), machine.count_beside('.lost')
        self.folder = tempfile.TemporaryDirectory()
        self.cursor = Path(self.folder.name, 'cursor')
        journal.skip(self.cursor)
        return self

    def __exit__(self, *_):
        database.wait_for_all(60)
        status = Path(f'/proc/{machine.main_pid()}/status').read_text()
        self.memory = int(status.partition('VmHWM:')[2].split()[0]) / 1024
        self.refused = machine.count_beside('.refused') - self.refused
        self.lost = machine.count_beside('.lost') - self.lost

    def import_refused(self):
        """Those that the journal has."""
        journal.write_refused(self.cursor)
        database.wait_for_all(60)
        self.folder.cleanup()

    def found(self):
        return {'memory': self.memory, 'refused': self.refused, 'counted as lost': self.lost}


def stored(pattern):
    return Counter(row['uid'] for row in database.query('SELECT uid FROM inet_log WHERE uid GLOB ?', pattern))


def storm(build, seconds):
    with Watched() as watched:
        done = machine.run(f'{build}/tests/bench/callback-storm', machine.CALLBACK, str(AT_ONCE), str(seconds),
                           timeout=seconds + 60)
    calls = [(user, int(status), int(taken)) for user, status, taken in map(str.split, done.stdout.splitlines())]
    acknowledged = Counter(user for user, status, _ in calls if status == 0)
    times = sorted(taken / 1000 for _, _, taken in calls)
    if len(calls) - acknowledged.total() != watched.refused:
        raise AssertionError(f'{watched.refused} refused, but {len(calls)} callbacks and {acknowledged.total()} acknowledged')
    rows = stored('storm-*')
    watched.import_refused()
    return watched.found() | {
        'rate': acknowledged.total() / seconds, 'lost': (acknowledged - rows).total(), 'too many': (rows - acknowledged).total(),
        'missing': len(calls) - stored('storm-*').total() - watched.lost,
        'p50': times[len(times) // 2], 'p99': times[len(times) * 99 // 100]}


def flood(lines, written, over):
    """At least so many valid lines with rising numbers, in writes that the kernel takes whole, and garbage of all sizes."""
    chosen, number = random.Random(1), 0
    pipe = os.open(machine.FIFO, os.O_WRONLY)
    while number < lines or not over.is_set():
        text = b''
        while len(text) < 3900:
            number += 1
            text += b'iptracking/1 event=auth src=203.0.113.9 sport=40000 user=flood service=sshd tty=ssh pid=%d\n' % number
        if os.write(pipe, text) != len(text):
            raise RuntimeError('half a write')
        written.value = number
        if chosen.random() < 0.05:
            os.write(pipe, chosen.randbytes(int(2 ** chosen.uniform(0, 17))))
    os.write(pipe, b'\n')
    os.close(pipe)


def log_in(ways, times):
    """With us and without us; gives how many failed."""
    failed = 0
    for way, port in ways.items():
        done = logins.ssh(port=port)
        times[way].append(1000 * done.seconds)
        failed += not done.succeeded
    return failed


def flooded_logins(lines, least):
    """At least so many logins from outside, before the flood and while it is there."""
    ways = {'with us': 22, 'without us': logins.PLAIN_PORT}
    quiet, flooded, failed = {way: [] for way in ways}, {way: [] for way in ways}, 0
    written, over = multiprocessing.Value('q', 0), multiprocessing.Event()
    with Watched() as watched:
        for _ in range(least):
            failed += log_in(ways, quiet)
        writer = multiprocessing.Process(target=flood, args=(lines, written, over))
        writer.start()
        while writer.is_alive() and (written.value < lines or len(flooded['with us']) < least):
            failed += log_in(ways, flooded)
        over.set()
        writer.join()
        if writer.exitcode != 0:
            raise RuntimeError('the flood ended early')
    numbers = [row['sshd_pid'] for row in database.query("SELECT sshd_pid FROM inet_log WHERE uid = 'flood' ORDER BY id")]
    events = EVENTS * len(quiet['with us'] + flooded['with us'])
    watched.import_refused()
    return watched.found() | {
        'lines': written.value, 'lost': written.value - len(set(numbers)), 'twice': len(numbers) - len(set(numbers)),
        'quiet': quiet, 'flooded': flooded, 'failed logins': failed, 'events missing': events - stored('visitor').total()}


def main():
    build, (seconds, lines, least) = sys.argv[1], map(int, sys.argv[2:])
    machine.prepare(build)
    machine.shell(f"add_pam_lines /etc/pam.d/sshd '{machine.CALLBACK}'")      # with the time-out that it has by default
    database.wait_for_all()
    found = {'storm': storm(build, seconds)}
    logins.start_plain_sshd()
    found['flood'] = flooded_logins(lines, least)
    print(json.dumps(found), flush=True)


main()
