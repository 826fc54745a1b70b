# SPDX-License-Identifier: GPL-2.0-or-later
"""Tries to leave the sandbox that it runs in, and writes what became of it to $STATE_DIRECTORY/probe.json."""
import ctypes
import errno
import json
import mmap
import os
import socket
import stat
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)
FOLDERS = [os.environ[f'{name}_DIRECTORY'] for name in ('STATE', 'LOGS', 'RUNTIME')]
FILE = f'{FOLDERS[0]}/probe'
steps = {}


def attempt(what, step):
    """Notes 'done', or the name of the error."""
    try:
        step()
        steps[what] = 'done'
    except OSError as error:
        steps[what] = errno.errorcode[error.errno]


def call(name, *arguments):
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def apart(step):
    """In a child, since the step changes the process."""
    pid = os.fork()
    if pid == 0:
        try:
            step()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        raise OSError(status, 'in the child')


def create(path, mode=0o600):
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    os.unlink(path)


def open_device(path):
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def make_setuid():
    Path(FILE).touch()
    try:
        os.chmod(FILE, 0o4700)
    finally:
        os.unlink(FILE)


def execute_written():
    memory = mmap.mmap(-1, mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    call('mprotect', ctypes.c_void_p(address), mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_EXEC)


def send(path, message):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(path)
        sender.send(message)


def pipe_is_passed():
    if os.environ['LISTEN_FDS'] != '1' or not stat.S_ISFIFO(os.fstat(3).st_mode):
        raise OSError(errno.EBADF, 'descriptor 3')


def use_folders():
    for folder in FOLDERS:
        create(f'{folder}/probe')


for family in ('AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_PACKET'):
    attempt(f'a socket of {family}', lambda: socket.socket(getattr(socket, family), socket.SOCK_DGRAM).close())
for folder in ('/etc', '/usr', '/var/lib'):
    attempt(f'writing to {folder}', lambda: create(f'{folder}/probe'))
for folder in ('/home', '/root', '/run/user', '/proc/1'):
    attempt(f'reading {folder}', lambda: os.listdir(folder))
attempt('reading /proc/meminfo', lambda: open('/proc/meminfo', 'rb').close())
attempt('mount', lambda: call('mount', b'tmpfs', b'/tmp', b'tmpfs', 0, None))
attempt('umount', lambda: call('umount2', b'/tmp', 0))
attempt('unshare of users', lambda: apart(lambda: call('unshare', 0x10000000)))         # CLONE_NEWUSER
attempt('unshare of the network', lambda: apart(lambda: call('unshare', 0x50000000)))   # CLONE_NEWNET too
attempt('io_uring', lambda: call('syscall', 425, 1, ctypes.create_string_buffer(120)))  # io_uring_setup
attempt('ptrace', lambda: apart(lambda: call('ptrace', 0, 0, None, None)))              # PTRACE_TRACEME
attempt('making a setuid file', lambda: create(FILE, 0o4700))
attempt('making a file setuid', make_setuid)
attempt('memory to write and execute',
        lambda: mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))
attempt('written memory to execute', execute_written)
attempt('realtime scheduling', lambda: apart(lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))))
attempt('another personality', lambda: apart(lambda: call('personality', 0x0040000)))   # ADDR_NO_RANDOMIZE
for device in ('/dev/sda', '/dev/kmsg'):
    attempt(f'opening {device}', lambda: open_device(device))

attempt('a file in each of its folders', use_folders)
attempt('a message to the journal', lambda: send('/run/systemd/journal/socket', b'MESSAGE=the probe was here\n'))
if 'NOTIFY_SOCKET' in os.environ:
    attempt('a message to systemd', lambda: send(os.environ['NOTIFY_SOCKET'], b'STATUS=probing'))
    attempt('the pipe as descriptor 3', pipe_is_passed)

Path(f'{FOLDERS[0]}/probe.json').write_text(json.dumps({
    'steps': steps, 'pid': os.getpid(), 'environment': dict(os.environ), 'temporary': os.listdir('/tmp'),
    'processes': [name for name in os.listdir('/proc') if name.isdigit()]}))
