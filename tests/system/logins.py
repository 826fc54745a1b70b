# SPDX-License-Identifier: GPL-2.0-or-later
"""Real logins with the real ssh client."""
import contextlib
import os
import re
import tempfile
import time
from pathlib import Path

from machine import output, run, shell, wait_until



def with_keys(*files):
    """Options of ssh, scp and sftp: these keys and no others."""
    return ['-F', 'none', *(word for file in files for word in ('-i', str(file))), '-o', 'IdentitiesOnly=yes',
            '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR',
            '-o', 'ConnectTimeout=30']


OPTIONS = with_keys('/root/.ssh/throwaway')
_CONFIGURATION = Path('/root/ssh-configuration')
_ASK = Path('/root/ask-password')
PLAIN_PORT, DUAL_PORT = 2222, 2223
_listeners = ['ssh.service']


class Login:
    def __init__(self, status, seconds, text):
        self.status, self.seconds, self.text = status, seconds, text
        self.succeeded = status == 0


def ssh(user='visitor', host='127.0.0.1', passwords=(), method=None, command='true', program=None, port=22):
    """Logs in, by key unless there are passwords, and returns when sshd has ended the session too."""
    method = method or ('password' if passwords else 'publickey')
    program = program or ['ssh', *OPTIONS, *login_name(user)]
    with tempfile.NamedTemporaryFile('w', suffix='passwords') as answers:
        answers.write(''.join(f'{password}\n' for password in passwords))
        answers.flush()
        _ASK.write_text('#!/bin/sh\nhead -n 1 "$PASSWORDS"\nsed -i 1d "$PASSWORDS"\n')
        _ASK.chmod(0o700)
        began = time.monotonic()
        done = run(*program, '-o', f'Port={port}', '-o', f'PreferredAuthentications={method}',
                   '-o', f'NumberOfPasswordPrompts={max(1, len(passwords))}', host, *([command] if command else []),
                   check=False, env={**os.environ, 'SSH_ASKPASS': str(_ASK), 'SSH_ASKPASS_REQUIRE': 'force',
                                     'PASSWORDS': answers.name})
        seconds = time.monotonic() - began
    wait_until(no_session_left, 30, 'the end of the session')
    return Login(done.returncode, seconds, done.stdout + done.stderr)


def login_name(name):
    """The option that says it.  ssh refuses most odd characters with -l, but few in a configuration file."""
    _CONFIGURATION.write_bytes(b'User "%s"\n' % re.sub(rb'(["\\])', rb'\\\1', os.fsencode(name)))
    return ['-F', str(_CONFIGURATION)]


def sftp(user='visitor', host='127.0.0.1'):
    batch = Path('/root/sftp-batch')
    batch.write_text('put /etc/os-release\n')
    return ssh(host=f'{user}@[{host}]', program=['sftp', *OPTIONS, '-b', str(batch)], command=None)


def start_plain_sshd():
    """A second sshd, on PLAIN_PORT, that does not know of us: its name is that of its PAM service."""
    name = Path('/usr/local/sbin/sshd-plain')
    name.symlink_to('/usr/sbin/sshd')
    shell(f'cp /etc/pam.d/sshd /etc/pam.d/{name.name}; remove_pam_lines /etc/pam.d/{name.name}')
    run('systemd-run', '--quiet', f'--unit={name.name}', name, '-D', '-p', str(PLAIN_PORT))
    _listeners.append(f'{name.name}.service')
    wait_until(lambda: ssh(port=PLAIN_PORT).succeeded, what='the second sshd')


def start_dual_sshd():
    """Another one whose socket takes IPv6 and IPv4, which sshd's own do not; as ssh.socket has it."""
    run('systemd-run', '--quiet', '--unit=sshd-dual', f'--socket-property=ListenStream={DUAL_PORT}', '/usr/sbin/sshd', '-D',
        '-o', 'PidFile=none')
    run('systemctl', 'start', 'sshd-dual.service')
    _listeners.append('sshd-dual.service')


@contextlib.contextmanager
def before_all_else():
    """Clients and sshd do not wait for the processor while others have it, where the machine allows that."""
    processes = [0, *_listener_pids()]
    try:
        for process in processes:
            os.sched_setscheduler(process, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        pass
    try:
        yield
    finally:
        for process in processes:
            os.sched_setscheduler(process, os.SCHED_OTHER, os.sched_param(0))


def _listener_pids():
    return [int(pid) for pid in output('systemctl', 'show', '--value', '--property', 'MainPID', *_listeners).split()]


def no_session_left():
    """Whether each sshd is alone: the monitors that end sessions are its children."""
    return all(Path(f'/proc/{pid}/task/{pid}/children').read_text() == '' for pid in _listener_pids())
