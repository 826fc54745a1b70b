# SPDX-License-Identifier: GPL-2.0-or-later
"""Ways to use ssh, and how many bytes each moves for its user."""
import contextlib
import os
import socket
import subprocess
import threading
from pathlib import Path

from logins import DUAL_PORT, OPTIONS, no_session_left, start_dual_sshd
from machine import run, wait_until

WAYS = {'IPv4': ('127.0.0.1', 22), 'IPv6': ('::1', 22), 'IPv4 at a dual-stack listener': ('127.0.0.1', DUAL_PORT)}
MIB = 1 << 20
FILES = {size: Path(f'/root/{size}-bytes') for size in (0, 1, 10 * MIB)}
SOCKET = Path('/root/ssh-socket')


def prepare():
    for size, file in FILES.items():
        file.write_bytes(os.urandom(size))
    run('install', '--owner=visitor', FILES[10 * MIB], '/home/visitor/there')
    start_dual_sshd()


def use(session, way):
    """Returns when sshd has ended it too."""
    SESSIONS[session][0](*WAYS[way])
    wait_until(no_session_left, 30, 'the end of the session')


@contextlib.contextmanager
def client(*words, **more):
    """It is ended if it goes on."""
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, **more)
    try:
        yield process
    finally:
        wait_until(lambda: ended(process), 30, f'the end of {words}')


def ended(process):
    """Tried again where it is not: ssh misses a signal that comes right before it waits."""
    process.terminate()
    try:
        return process.wait(timeout=1) is not None
    except subprocess.TimeoutExpired:
        return False


def ssh(host, port, *options):
    return ['ssh', *OPTIONS, '-p', str(port), *options, f'visitor@{host}']


def scp(host, port, *files):
    there = f'visitor@[{host}]'
    run('scp', *OPTIONS, '-P', str(port), *(str(file).replace('THERE', there) for file in files))


def interactive(host, port):
    run(*ssh(host, port, '-tt'), input='seq 20000; exit\n', stdin=None)


def rsync(host, port):
    run('rsync', '--whole-file', '--ignore-times', '-e', ' '.join(['ssh', *OPTIONS, '-p', str(port)]), FILES[10 * MIB],
        f'visitor@[{host}]:by-rsync')


def sftp(host, port):
    batch = Path('/root/sftp-batch')
    batch.write_text(f'put {FILES[10 * MIB]} by-sftp\nget there /root/by-sftp\n')
    run('sftp', *OPTIONS, '-P', str(port), '-b', batch, f'visitor@[{host}]')


def forwarding(host, port):
    """Of a MiB to a server behind sshd, and half of it back."""
    def answer():
        connection, _ = server.accept()
        with connection:
            while connection.recv(MIB):
                pass
            connection.sendall(bytes(MIB // 2))
    with socket.create_server(('127.0.0.1', 0)) as server:
        threading.Thread(target=answer, daemon=True).start()
        with client(*ssh(host, port, '-N', '-L', f'{SOCKET}:127.0.0.1:{server.getsockname()[1]}')):
            wait_until(SOCKET.exists, what='the forwarded socket')
            with socket.socket(socket.AF_UNIX) as asking:
                asking.settimeout(30)
                asking.connect(str(SOCKET))
                asking.sendall(bytes(MIB))
                asking.shutdown(socket.SHUT_WR)
                assert len(b''.join(iter(lambda: asking.recv(MIB), b''))) == MIB // 2
    SOCKET.unlink()


def two_at_once(host, port):
    """A MiB up by one session and half of it down by another, over one connection."""
    shared = ssh(host, port, '-S', str(SOCKET))
    with client(*ssh(host, port, '-M', '-N', '-S', str(SOCKET))):
        wait_until(SOCKET.exists, what='the socket of the first')
        with client(*shared, f'head -c {MIB // 2} /dev/zero', stdout=subprocess.DEVNULL) as down:
            run(*shared, 'cat >/dev/null', input='\0' * MIB, stdin=None)
            assert down.wait(timeout=30) == 0


def killed(host, port):
    with client(*ssh(host, port), f'head -c {MIB} /dev/zero; sleep 100', stdout=subprocess.PIPE) as process:
        assert len(process.stdout.read(MIB)) == MIB
        process.kill()
        process.stdout.close()


# And how much each moves up and down.
SESSIONS = {
    'scp of nothing': (lambda *way: scp(*way, FILES[0], 'THERE:nothing'), 0, 0),
    'scp of a byte': (lambda *way: scp(*way, FILES[1], 'THERE:byte'), 1, 0),
    'scp of 10 MiB up': (lambda *way: scp(*way, FILES[10 * MIB], 'THERE:by-scp'), 10 * MIB, 0),
    'scp of 10 MiB down': (lambda *way: scp(*way, 'THERE:there', '/root/by-scp'), 0, 10 * MIB),
    'interactive': (interactive, 16, 108894 + 20000),    # each number with a line's two ends
    'rsync of 10 MiB up': (rsync, 10 * MIB, 0),
    'sftp of 10 MiB both ways': (sftp, 10 * MIB, 10 * MIB),
    'a forwarded port': (forwarding, MIB, MIB // 2),
    'two sessions over one connection': (two_at_once, MIB, MIB // 2),
    'a client that is killed': (killed, 0, MIB),
}
