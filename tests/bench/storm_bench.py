# SPDX-License-Identifier: GPL-2.0-or-later
"""200 callbacks at once, and a flood of lines beside real logins, in a booted copy of this machine with sshd and our units."""
import json
import statistics
import subprocess
from pathlib import Path

from programs import BUILD

HERE = Path(__file__).resolve().parent
MOST_MEMORY = 48    # MiB, as in growth_bench.py


def booted(*numbers):
    """What storm_inside.py found."""
    done = subprocess.run([HERE.parents[1] / 'tools/boot', '--timeout', '240', '--copy', BUILD, '/usr/bin/python3',
                           HERE / 'storm_inside.py', BUILD, *map(str, numbers)], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f'the booted system ended with {done.returncode}: {done.stdout}')
    return json.loads(done.stdout.splitlines()[-1])


def tell_storm(found, seconds, figures):
    figures.add(f'200 callbacks at once for {seconds} s: events acknowledged', found['rate'], 'events/s')
    figures.add('of these: not stored', found['lost'], 'events', most=0)
    figures.add('stored, but not acknowledged, or twice', found['too many'], 'events', most=0)
    figures.add('refused and kept in the journal', found['refused'] - found['counted as lost'], 'events')
    figures.add('refused and counted as lost, since the journal took no more', found['counted as lost'], 'events')
    figures.add('neither stored after the refused ones were imported, nor counted as lost', found['missing'], 'events', most=0)
    figures.add('a callback among 200, from its start to its end: p50', found['p50'], 'ms')
    figures.add('a callback among 200, from its start to its end: p99', found['p99'], 'ms')
    figures.add('most memory of the daemon', found['memory'], 'MiB', most=MOST_MEMORY)


def tell_flood(found, figures):
    quiet, flooded = found['quiet'], found['flooded']
    figures.add(f'a flood of {found["lines"]:.1e} lines, and garbage: lines not stored', found['lost'], 'lines', most=0)
    figures.add('stored twice', found['twice'], 'lines', most=0)
    figures.add('most memory of the daemon', found['memory'], 'MiB', most=MOST_MEMORY)
    figures.add(f'of {len(flooded["with us"])} logins meanwhile, and {len(quiet["with us"])} before: failed',
                found['failed logins'], 'logins', most=0)
    figures.add('of their events: refused', found['refused'], 'events', most=0)
    figures.add('of their events: not stored after the refused ones were imported', found['events missing'],
                'events', most=0)
    for when, times in ('before', quiet), ('meanwhile', flooded):
        for way, measured in times.items():
            figures.add(f'a login {way}, {when}: median', statistics.median(measured), 'ms')
            figures.add(f'a login {way}, {when}: longest', max(measured), 'ms')
    for way in quiet:
        figures.add(f'a login {way}: meanwhile / before', statistics.median(flooded[way]) / statistics.median(quiet[way]), 'x')
    for when, times in ('before', quiet), ('meanwhile', flooded):
        figures.add(f'a login {when}: with us / without us',
                    statistics.median(times['with us']) / statistics.median(times['without us']), 'x')


def run(quick, figures):
    seconds, lines, logins = (10, 200_000, 5) if quick else (60, 1_000_000, 10)
    found = booted(seconds, lines, logins)
    tell_storm(found['storm'], seconds, figures)
    tell_flood(found['flood'], figures)
