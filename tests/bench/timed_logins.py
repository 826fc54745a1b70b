# SPDX-License-Identifier: GPL-2.0-or-later
"""timed_logins.py BUILD ROUNDS TIMES, inside the booted system: logs in by key in each of ways(); the last line that it
prints is a JSON document of the seconds of each.
"""
import json
import os
import resource
import sys
from collections import namedtuple
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here.parent / 'system'), str(here.parent), str(here)]   # "machine" is that of tests/system

import machine
from database import Recorded
from figures import in_turn
from logins import OPTIONS, login_name, ssh
from machine import CALLBACK, add_pam_lines, output, shell

SERVICE = Path('/etc/pam.d/sshd')
LOG = Path('/root/pam_exec.log')
PHASES = 3      # of a login by key: account, open_session, close_session
FEW = 1024      # files that sshd may open

Way = namedtuple('Way', 'pam runs')


def all_ways(times):
    """Texts for SERVICE, and how many programs a login then runs; those to be timed as sshd is, and those for when it may
    open few files: pam_exec closes all that it could have opened, open or not, and that takes most of its time.
    """
    shell(f'remove_pam_lines {SERVICE}')
    plain = SERVICE.read_text()

    def having(program, times):
        SERVICE.write_text(plain)
        add_pam_lines(callback=program)
        lines = SERVICE.read_text().splitlines(keepends=True)
        return Way(''.join(line * (times if program in line else 1) for line in lines), PHASES * times)

    none, callbacks = Way(plain, 0), having(CALLBACK, times)
    return ({'none': none, 'true': having('/bin/true', 1), 'callback': having(CALLBACK, 1), 'callbacks': callbacks},
            {'none, few files': none, 'trues, few files': having('/bin/true', times), 'callbacks, few files': callbacks})


def log_in(way):
    """How long the client took.  sshd reads SERVICE anew for each connection.  The key exchange is a cheap one."""
    SERVICE.write_text(way.pam)
    login = ssh(program=['ssh', *OPTIONS, '-o', 'KexAlgorithms=curve25519-sha256', *login_name('visitor')])
    if not login.succeeded:
        raise AssertionError(login.text)
    return login.seconds


def check_programs_run(name, way):
    """pam_exec says so, if it has a log."""
    LOG.write_text('')
    log_in(way._replace(pam=way.pam.replace(' quiet ', f' log={LOG} ')))
    if (ran := LOG.read_text().count('***')) != way.runs:
        raise AssertionError(f'{name}: pam_exec ran {ran} programs in a login, not {way.runs}')


def go_first():
    """All that runs in this system, and what it starts, does not wait for what else the machine does."""
    for process in Path('/proc').glob('[0-9]*'):
        os.sched_setscheduler(int(process.name), os.SCHED_RR, os.sched_param(1))


def time_all(ways, rounds):
    """{name: seconds of each login}, once it is proven that the programs run and that each callback is recorded."""
    for name, way in ways.items():
        check_programs_run(name, way)
    recorded = Recorded()
    seconds = in_turn(rounds, [lambda way=way: log_in(way) for way in ways.values()])
    wanted = rounds * sum(way.runs for name, way in ways.items() if name.startswith('callback'))
    if (rows := len(recorded.rows())) != wanted:
        raise AssertionError(f'{rows} events were recorded, not {wanted}')
    return dict(zip(ways, seconds))


def main():
    build, rounds, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    machine.prepare(build)
    sshd = int(machine.property_of('ssh.service', 'MainPID'))
    ways, ways_with_few_files = all_ways(times)
    go_first()
    _, files = resource.prlimit(sshd, resource.RLIMIT_NOFILE)
    seconds = time_all(ways, rounds)
    resource.prlimit(sshd, resource.RLIMIT_NOFILE, (FEW, FEW))
    seconds |= time_all(ways_with_few_files, rounds)
    if failed := output('journalctl', '--quiet', '--output=cat', '--grep', 'pam_exec.*failed'):
        raise AssertionError(failed)
    print(json.dumps({'files': files, 'seconds': seconds}))


if __name__ == '__main__':
    main()
