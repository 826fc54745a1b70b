# SPDX-License-Identifier: GPL-2.0-or-later
"""What the callback adds to a real login, beside what any program there would add."""
import json
import os
import statistics
import subprocess
from pathlib import Path

from figures import ratio, say

HERE = Path(__file__).resolve().parent
BUILD = os.environ['IPTRACKING_BUILD']
TIMES = 20      # what a program adds to a login is less than the noise, so it is run so often in each place


def timed_logins(rounds):
    """Seconds of each login in each way of timed_logins.py, and how many files sshd may open."""
    done = subprocess.run([HERE.parents[1] / 'tools/boot', '--timeout', '240', '--copy', BUILD, '/usr/bin/python3',
                           HERE / 'timed_logins.py', BUILD, str(rounds), str(TIMES)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise AssertionError(f'the booted system ended with {done.returncode}: {done.stdout}')
    return json.loads(done.stdout.splitlines()[-1])


def run(quick, figures):
    timed = timed_logins(10 if quick else 30)
    took = timed['seconds']
    say(f'load at the end: {os.getloadavg()[0]:.2f}')

    def one_run(many, none):
        """What it adds, in ms; the client waits for those of account and open_session."""
        return 1000 * statistics.median(a - b for a, b in zip(took[many], took[none])) / (2 * TIMES)

    for name, way in {'without PAM lines': 'none', '/bin/true in them': 'true', 'callback in them': 'callback'}.items():
        figures.add(f'a login by key, {name}', 1000 * statistics.median(took[way]), 'ms')
    figures.add('login: callback / none', ratio(took['callback'], took['none']), 'x')
    figures.add('login: /bin/true / none', ratio(took['true'], took['none']), 'x')
    figures.add('login: callback / /bin/true', ratio(took['callback'], took['true']), 'x', most=1.0)
    figures.add(f'a run of the callback by pam_exec adds, where sshd may open {timed["files"]} files', one_run('callbacks', 'none'), 'ms')
    figures.add('the same, where sshd may open 1024 files', one_run('callbacks, few files', 'none, few files'), 'ms')
    figures.add('a run of /bin/true, where sshd may open 1024 files', one_run('trues, few files', 'none, few files'), 'ms')
    figures.add(f'login with {TIMES} times the lines, 1024 files: callback / /bin/true',
                ratio(took['callbacks, few files'], took['trues, few files']), 'x', most=1.0)
