# SPDX-License-Identifier: GPL-2.0-or-later
"""Real logins with the real ssh client."""
import os
import re
import tempfile
import time
from pathlib import Path

from machine import output, run, wait_until

OPTIONS = ['-F', 'none', '-i', '/root/.ssh/throwaway', '-o', 'IdentitiesOnly=yes', '-o', 'StrictHostKeyChecking=no',
           '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=30']
_CONFIGURATION = Path('/root/ssh-configuration')
_ASK = Path('/root/ask-password')


class Login:
    def __init__(self, status, seconds, text):
        self.status, self.seconds, self.text = status, seconds, text
        self.succeeded = status == 0


def ssh(user='visitor', host='127.0.0.1', passwords=(), method=None, command='true', program=None):
    """Logs in, by key unless there are passwords, and returns when sshd has ended the session too."""
    method = method or ('password' if passwords else 'publickey')
    program = program or ['ssh', *OPTIONS, *login_name(user)]
    with tempfile.NamedTemporaryFile('w', suffix='passwords') as answers:
        answers.write(''.join(f'{password}\n' for password in passwords))
        answers.flush()
        _ASK.write_text('#!/bin/sh\nhead -n 1 "$PASSWORDS"\nsed -i 1d "$PASSWORDS"\n')
        _ASK.chmod(0o700)
        began = time.monotonic()
        done = run(*program, '-o', f'PreferredAuthentications={method}',
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


def no_session_left():
    """Whether sshd itself is the only sshd: the monitors that end sessions are its children."""
    listener = output('systemctl', 'show', '--value', '--property', 'MainPID', 'ssh.service')
    return Path(f'/proc/{listener}/task/{listener}/children').read_text() == ''
