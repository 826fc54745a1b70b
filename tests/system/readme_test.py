# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands that README.md proposes, typed where there were logins.  (Those with answers: daemon/golden_test.py.)"""
import datetime
import json
import os
import re
import signal
import subprocess
import threading
import time
import unittest
from pathlib import Path

import database
import machine
from logins import ssh
from machine import run, shell, wait_until

COMMAND = re.compile(r'^    (sudo (?:iptracking|systemctl enable --now iptracking-\w+\.timer).*?)(?: +#.*)?$', re.MULTILINE)
LOGS = Path('/var/log')


def commands():
    text = (machine.CLONE / 'README.md').read_text()
    found = COMMAND.findall(text[text.index('## Asking it'):text.index('## How it works')])
    return [command.removeprefix('sudo ') for command in found]     # who is root here, and sudo asks for the machine's name


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ssh(passwords=['right'])
        ssh('nobody-here', passwords=['wrong'])
        database.wait_for_all()
        # Where no rsyslog is, nobody writes this one.
        shell('journalctl --output=short _COMM=sshd >/var/log/auth.log')
        for name in ('wtmp', 'btmp'):
            (LOGS / name).touch()

    def test_each_command_works(self):
        found = commands()
        self.assertGreaterEqual(len(found), 12)
        for command in found:
            if '--follow' not in command:
                with self.subTest(command):
                    done = run('/bin/bash', '-c', f'set -o pipefail; {command}', check=False)
                    self.assertEqual((done.returncode, done.stderr if 'enable' not in command else ''), (0, ''), done.stdout)
        self.assertIn('visitor', Path('/root/logins.html').read_text())
        self.assertEqual(machine.output('systemctl', 'is-active', 'iptracking-report.timer', 'iptracking-purge.timer',
                                        'iptracking-sampler.timer').split(), ['active'] * 3)

    def test_follow_shows_an_event_within_a_second(self):
        command, = [command for command in commands() if '--follow' in command]
        with subprocess.Popen(['/bin/bash', '-c', f'exec {command} -o json-lines --user visitor'], stdout=subprocess.PIPE,
                              text=True, start_new_session=True) as follower:
            shown = []      # when, and what
            reader = threading.Thread(target=lambda: shown.extend((time.time(), json.loads(line)) for line in follower.stdout))
            reader.start()
            wait_until(lambda: shown, what='the events that are there')
            begin = time.time()
            ssh()
            wait_until(lambda: shown[-1][0] > begin and shown[-1][1]['event'] == 'close_session', what='the end of the session')
            os.killpg(follower.pid, signal.SIGINT)
            reader.join()
        self.assertEqual(follower.returncode, 0)
        waited = [when - datetime.datetime.fromisoformat(event['time']).timestamp() for when, event in shown if when > begin]
        self.assertEqual(len(waited), 3, 'success, begin and end of the session')
        print(f'measured: events were shown after {", ".join(f"{seconds:.2f}" for seconds in waited)} s', flush=True)
        self.assertLess(max(waited), 1)
