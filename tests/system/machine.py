# SPDX-License-Identifier: GPL-2.0-or-later
"""The booted system: commands, facts to wait for, and our units."""
import fcntl
import os
import subprocess
import threading
import time
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
CALLBACK = '/usr/libexec/iptracking-pam-callback'
FIFO = '/run/iptracking.fifo'
STATE = Path('/var/lib/iptracking')
CONFIGURATION = Path('/etc/iptracking.yml')
DROP_INS = Path('/run/systemd/system')
SERVICE, SOCKET = 'iptracking.service', 'iptracking.socket'
TIMEOUT = 2     # of the callbacks in the PAM lines: short, so that tests that wait for it are


def run(*command, check=True, timeout=60, **more):
    done = subprocess.run(command, capture_output=True, text=True, errors='surrogateescape',
                          stdin=more.pop('stdin', subprocess.DEVNULL), timeout=timeout, **more)
    if check and done.returncode != 0:
        raise AssertionError(f'{command} ended with {done.returncode}: {done.stdout}{done.stderr}')
    return done


def output(*command):
    return run(*command, check=False).stdout.strip()


def shell(script, **more):
    """Bash, with the functions of tools/lib.sh and tools/throwaway.sh."""
    return run('bash', '-euo', 'pipefail', '-c', f'cd {CLONE}/tools; . ./lib.sh; . ./throwaway.sh; {script}', **more)


def wait_until(fact, at_most=15.0, what='it'):
    """The first true value of fact(); fails after so many seconds."""
    end = time.monotonic() + at_most
    while not (value := fact()):
        if time.monotonic() > end:
            raise AssertionError(f'{what}: not within {at_most} s')
        time.sleep(0.02)
    return value


def prepare(build):
    """As an administrator would set it up, with users that can log in."""
    shell(f'''forget_iptracking
        meson install -C {build} --no-rebuild --quiet
        systemctl enable --now --quiet iptracking.socket
        sed -i 's/pam_unix.so nullok/& nodelay/' /etc/pam.d/common-auth     # 2 s after each wrong password
        start_sshd
        add_user visitor right
        add_user neighbour right''')
    add_pam_lines()


def add_pam_lines(service='sshd', callback=CALLBACK):
    shell(f"add_pam_lines /etc/pam.d/{service} '{callback} -t {TIMEOUT}'")


# --- our units ------------------------------------------------------------------------------------------------

def systemctl(*words, **more):
    return run('systemctl', *words, **more)


def property_of(unit, name):
    return output('systemctl', 'show', '--value', '--property', name, unit)


def seconds_of(unit):
    """When it became active, in seconds since the boot."""
    return int(property_of(unit, 'ActiveEnterTimestampMonotonic')) / 1e6


def is_active(unit=SERVICE):
    return property_of(unit, 'ActiveState') == 'active'


def main_pid():
    return int(property_of(SERVICE, 'MainPID'))


def status_text():
    return property_of(SERVICE, 'StatusText')


def starts():
    """How often systemd has started the daemon since it last forgot."""
    return int(property_of(SERVICE, 'NRestarts'))


def mend():
    """Everything as prepare() left it, whatever a test did."""
    for drop_in in DROP_INS.glob('iptracking*.d/*.conf'):
        drop_in.unlink()
    systemctl('daemon-reload')
    run('systemd-tmpfiles', '--create', 'iptracking.conf')
    systemctl('reset-failed', SERVICE, SOCKET, check=False)
    if not is_active(SOCKET):
        systemctl('start', SOCKET)
    forget_stall()


def forget_stall():
    Path(f'{FIFO}.stalled').unlink(missing_ok=True)


def drop_in(unit, text):
    folder = DROP_INS / f'{unit}.d'
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'test.conf').write_text(text)
    systemctl('daemon-reload')


# --- writing events -------------------------------------------------------------------------------------------

def write_line(text, fifo=FIFO):
    """One event without a callback; raises BlockingIOError where the pipe is full."""
    fd = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(fd, b'iptracking/1 ' + os.fsencode(text) + b'\n')
    finally:
        os.close(fd)


def lines_of(events):
    """What callbacks write to the pipe meanwhile, which nobody else reads: so it can be given to several databases."""
    systemctl('stop', SOCKET, SERVICE)
    pipe = os.open(FIFO, os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)
        events()
        return tuple(os.read(pipe, 1 << 20).splitlines(keepends=True))
    finally:
        os.close(pipe)
        systemctl('start', SOCKET)


def write_lines(lines):
    """Whole ones, as lines_of() returns them."""
    with open(FIFO, 'wb', buffering=0) as pipe:
        for line in lines:
            pipe.write(line)


def callback(user, kind='auth', timeout=TIMEOUT, **environment):
    """The exit status of the real callback, run as pam_exec would."""
    pid = os.posix_spawn(CALLBACK, [CALLBACK, '-t', str(timeout)], {
        'PAM_TYPE': kind, 'PAM_USER': user, 'PAM_SERVICE': 'sshd', 'PAM_TTY': 'ssh',
        'SSH_CONNECTION': '192.0.2.7 51234 198.51.100.5 22', **environment})
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def count_beside(suffix):
    """What the callbacks have counted beside the pipe: .refused or .lost."""
    try:
        return os.stat(f'{FIFO}{suffix}').st_size
    except FileNotFoundError:
        return 0


def fill_pipe(user='filler'):
    """Whole lines until no more fits; returns how many."""
    for number in range(1 << 20):
        try:
            write_line(f'event=auth user={user} service=test number={number} rhost={"x" * 500}')
        except BlockingIOError:
            break
    for rest in range(1 << 20):         # what a callback writes may be shorter
        try:
            write_line(f'event=auth user={user} service=test')
        except BlockingIOError:
            return number + rest
    raise AssertionError('the pipe has no end')


class Writer(threading.Thread):
    """A stream of events, each counted once it is in the pipe, and numbered from 1 on by its pid."""

    def __init__(self, user, pause=0.001):
        super().__init__()
        self.user, self.pause, self.written, self.over = user, pause, 0, threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def run(self):
        while not self.over.is_set():
            try:
                write_line(f'event=auth user={self.user} pid={self.written + 1}')
                self.written += 1
            except OSError:
                pass        # not in the pipe: not counted
            time.sleep(self.pause)
