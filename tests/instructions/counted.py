# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions that callgrind counts: the same whatever else the machine does."""
import os
import re
import subprocess
import tempfile

# So that the C library takes the same functions on every processor, and musl or glibc find the same environment.
ENVIRONMENT = {'GLIBC_TUNABLES': 'glibc.cpu.hwcaps=-AVX2,-AVX512F,-ERMS,-FSRM', 'PATH': '/usr/bin:/bin'}
LOGIN = {'SSH_CONNECTION': '203.0.113.77 51514 198.51.100.5 22', 'PAM_SERVICE': 'sshd', 'PAM_USER': 'alice', 'PAM_TTY': 'ssh',
         'PAM_RHOST': '203.0.113.77', 'PAM_TYPE': 'open_session'}


def instructions(*words, **more):
    """That the program and its start take."""
    done = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', *map(str, words)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, env=ENVIRONMENT | more, check=True)
    return int(re.search(r'Collected : (\d+)', done.stderr).group(1))


def of_functions(repeat):
    """Name, unit and the instructions for a unit; the difference of two runs is the work alone."""
    listed = subprocess.run([repeat], stdout=subprocess.PIPE, text=True, check=True).stdout
    for units, unit, name in (line.split('\t') for line in listed.splitlines()):
        times = max(2, 2000 // int(units))
        more = instructions(repeat, name, 3 * times) - instructions(repeat, name, times)
        yield name, unit, more / (2 * times * int(units))


def of_callback(callback):
    """From its first instruction until it ends, with the start of its C library."""
    with tempfile.TemporaryDirectory(prefix='iptracking-test-') as folder:
        fifo = os.path.join(folder, 'fifo')
        os.mkfifo(fifo)
        reader = os.open(fifo, os.O_RDWR)
        counted = instructions(callback, f'--fifo={fifo}', **LOGIN)
        if not os.read(reader, 4096).startswith(b'iptracking/1 event=open_session '):
            raise RuntimeError('the callback wrote no line')
        os.close(reader)
        return 'callback: the whole program', 'run', counted
