# SPDX-License-Identifier: GPL-2.0-or-later
"""What a process costs that tells of a login, beside the least that a process can cost."""
import os
import socket
import statistics
import subprocess
import tempfile
from collections import namedtuple
from pathlib import Path

from figures import ratio

BUILD = Path(os.environ['IPTRACKING_BUILD'])
BENCH = BUILD / 'tests/bench'
CALLBACK = BUILD / 'src/pam_callback/iptracking-pam-callback'
PROGRAMS = {
    'callback': CALLBACK,
    'callback --no-traffic': f'{CALLBACK} -T',
    'callback with glibc': BENCH / 'callback-of-glibc',
    'no libc': BENCH / 'no-libc',
    'empty, musl': BENCH / 'empty-musl',
    'empty': BENCH / 'empty-static',
    'empty, dynamic': BENCH / 'empty-dynamic',
    'empty, C++': BENCH / 'empty-dynamic-cpp',
    '/bin/true': '/bin/true',
}
# What pam_exec(8) makes of a session of sshd: the PAM environment, then the items.  (SSH_CONNECTION names a connection that
# is there.)
ENVIRONMENT = {
    'SSH_AUTH_INFO_0': 'publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0rBcX4TzVn1rJ6mQ0m1cS0Y5rQm3M6j3n1q8b2XxYk\n',
    'SSH_CONNECTION': '',
    'XDG_SESSION_ID': '4711', 'XDG_RUNTIME_DIR': '/run/user/1000', 'LANG': 'en_GB.UTF-8',
    'PAM_SERVICE': 'sshd', 'PAM_USER': 'visitor', 'PAM_TTY': 'ssh', 'PAM_RHOST': '127.0.0.1', 'PAM_TYPE': 'open_session',
}

Run = namedtuple('Run', 'microseconds faults lines')


def measure(rounds):
    """The runs of each of PROGRAMS, one for each round."""
    runs = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory(prefix='iptracking-bench-', dir='/dev/shm') as folder:   # in memory, as /run is
        fifo = Path(folder, 'fifo')
        os.mkfifo(fifo)
        with socket.create_server(('127.0.0.1', 0)) as listener, socket.create_connection(listener.getsockname()) as client:
            ends = *client.getsockname(), *listener.getsockname()
            said = subprocess.run([BENCH / 'spawn-times', str(rounds), fifo, *PROGRAMS.values()], check=True,
                                  env=ENVIRONMENT | {'SSH_CONNECTION': ' '.join(map(str, ends))},
                                  stdout=subprocess.PIPE, text=True).stdout
    names = list(PROGRAMS)
    for line in said.splitlines():
        which, *values = line.split()
        runs[names[int(which)]].append(Run(*map(float, values)))
    return runs


def check_lines(runs):
    """Each callback has left its line, and nobody else has."""
    for name, of_it in runs.items():
        wanted = 1 if name.startswith('callback') else 0
        if wrong := sum(run.lines != wanted for run in of_it):
            raise AssertionError(f'{name}: {wrong} of {len(of_it)} left other than {wanted} lines')


def run(quick, figures):
    runs = measure(800 if quick else 3000)
    check_lines(runs)
    took = {name: [run.microseconds for run in of_it] for name, of_it in runs.items()}
    for name, of_it in took.items():
        figures.add(f'a process: {name}', statistics.median(of_it), 'µs')
    for name, of_it in runs.items():
        figures.add(f'its page faults: {name}', statistics.median(run.faults for run in of_it))
    figures.add('callback / empty C program', ratio(took['callback'], took['empty']), 'x', most=0.5)
    figures.add('callback with glibc / empty C program', ratio(took['callback with glibc'], took['empty']), 'x', most=1.1)
    figures.add('callback / callback --no-traffic', statistics.median(took['callback']) / statistics.median(took['callback --no-traffic']),
                'x', most=1.1)
    figures.add('callback / no libc', ratio(took['callback'], took['no libc']), 'x')
    figures.add('callback / empty, musl', ratio(took['callback'], took['empty, musl']), 'x')
    figures.add('callback / /bin/true', ratio(took['callback'], took['/bin/true']), 'x')
