# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions that callgrind counts: the same whatever else the machine does."""
import os
import re
import socket
import subprocess
import tempfile

# So that the C library takes the same functions on every processor, and musl or glibc find the same environment.
ENVIRONMENT = {'GLIBC_TUNABLES': 'glibc.cpu.hwcaps=-AVX2,-AVX512F,-ERMS,-FSRM', 'PATH': '/usr/bin:/bin'}
LOGIN = {'PAM_SERVICE': 'sshd', 'PAM_USER': 'alice', 'PAM_TTY': 'ssh', 'PAM_RHOST': '127.0.0.1', 'PAM_TYPE': 'open_session'}


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
        with socket.create_server(('127.0.0.1', 0)) as listener, socket.create_connection(listener.getsockname()) as client:
            ends = *client.getsockname(), *listener.getsockname()
            counted = instructions(callback, f'--fifo={fifo}', **{'SSH_CONNECTION': ' '.join(map(str, ends))} | LOGIN)
        if b' tx_packets=' not in os.read(reader, 4096):
            raise RuntimeError('the callback wrote no line, or counted nothing')
        os.close(reader)
        return 'callback: the whole program', 'run', counted
