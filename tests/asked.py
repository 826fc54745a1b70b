# SPDX-License-Identifier: GPL-2.0-or-later
"""What people ask, and how long the command takes for it."""
import os
import selectors
import statistics
import subprocess
import time
from pathlib import Path

BUILD = Path(os.environ['IPTRACKING_BUILD'])
CLIENT, GENERATOR = BUILD / 'src/client/iptracking', BUILD / 'tests/tools/event-generator'
DAY = ['--since=2026-11-18T00:00:00Z', '--until=2026-11-19T00:00:00Z']
LIMITS = {'day': 0.3, 'all': 3.0}               # seconds
MOST_MEMORY = 96                                # MiB of the process, however many rows there are
# What is asked; {user} and {address} have many events.  Without a number of lines where the answer is as short as that.
# The report is of the year of event-generator, else it would be of the last week.
QUESTIONS = '''
events -n 100
events -r -n 100
events -n 100 --user={user}
events -n 100 --from={address}
events -n 100 --user=!root --outcome=attempt
events -n 100 --user=nobody-at-all
events --service=su -n 100
last -n 100
last -n 100 {user}
last --failed -n 100
sessions -n 100
sessions --open
sessions --closed -n 100
top
top users
top nets
top nets --prefix=16
top users --from=203.0.113.0/24
top services
users
users {user}
address {address}
failures
failures --by=net
failures --by=user
failures --then-success
new
daily
daily --by=hour
daily --by=weekday
daily --user={user}
report --since=2025-11-21 --until=2026-11-22
'''


def memory_of(process):
    """MiB of its own: what it maps of a database file is the kernel's to give away."""
    try:
        status = Path(f'/proc/{process.pid}/status').read_text()
    except OSError:
        return 0
    return int(status.partition('RssAnon:')[2].split()[0]) / 1024 if 'RssAnon:' in status else 0


def rounds_worth(seconds):
    """What is quick is measured badly by one round; what is slow takes long."""
    return 5 if seconds < 0.3 else 3 if seconds < 1 else 1


class Asked:
    """One question, asked some times: `rounds`, or as many as are worth it.  Memory is looked at every few milliseconds."""

    def __init__(self, config, words, rounds=None):
        self.times, self.processor, self.memory = [], [], 0
        how = ['--utc'] if words[0] == 'report' else ['--quiet', '--utc', '--no-pager']
        while not self.times or len(self.times) < (rounds or rounds_worth(self.times[0])):
            began = time.monotonic()
            process = subprocess.Popen([CLIENT, '--config', config, *words, *how], stdout=subprocess.DEVNULL)
            with selectors.DefaultSelector() as end:
                end.register(os.pidfd_open(process.pid), selectors.EVENT_READ)
                while not end.select(0.004):
                    self.memory = max(self.memory, memory_of(process))
                for key in list(end.get_map().values()):
                    os.close(key.fd)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in (0, 1):    # 1: there is none
                raise RuntimeError(f'{words} ended with {process.returncode}')
            self.times.append(time.monotonic() - began)
            self.processor.append(usage.ru_utime + usage.ru_stime)

    def time(self):
        return statistics.median(self.times)


def words_of(question, span):
    return question.format(user='person7', address='203.0.113.8').split() + (DAY if span == 'day' else [])
