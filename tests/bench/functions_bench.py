# SPDX-License-Identifier: GPL-2.0-or-later
"""The functions on the way of every event, by Google Benchmark and by callgrind."""
import json
import subprocess

from counted import of_functions
from programs import BUILD

LIMITS = {'parse_event_line': (6e6, 1000)}      # a second on one processor; instructions


def run(quick, figures):
    done = subprocess.run([BUILD / 'tests/bench/functions', '--benchmark_format=json', f'--benchmark_min_time={0.2 if quick else 0.5}',
                           '--benchmark_repetitions=3', '--benchmark_report_aggregates_only'], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True)
    rates = {one['run_name']: one['items_per_second'] for one in json.loads(done.stdout)['benchmarks']
             if one['aggregate_name'] == 'median'}
    for name, unit, count in of_functions(BUILD / 'tests/instructions/repeat'):
        rate, instructions = LIMITS.get(name, (None, None))
        figures.add(f'{name}: {unit}s per second of processor', rates[name] / 1e6, 'million', least=rate and rate / 1e6)
        figures.add(f'{name}: instructions per {unit}', count, '', most=instructions)
