# SPDX-License-Identifier: GPL-2.0-or-later
"""Completion in real shells on a terminal."""
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from programs import BUILD, Programs

SHELL = Path(__file__).resolve().parents[2] / 'shell'
CLIENT = BUILD / 'src/client/iptracking'
TAB, CLEAR = '\t', '\x15'


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, test, command, setup, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, {'PATH': f'{CLIENT.parent}:{os.environ["PATH"]}', 'TERM': 'dumb', 'HOME': str(folder),
                                             'LC_ALL': 'C.UTF-8', 'PS1': 'READY> ', 'INPUTRC': '/dev/null', 'COLUMNS': '200'})
        test.addCleanup(self.end)
        for line in setup:
            self.send(line + '\n')
        self.send('echo set""up\n')     # what is typed is echoed, too
        self.wait_for('setup\r\n')

    def end(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)

    def send(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, words, at_most=20):
        """What it shows until these words are there."""
        shown, end = '', time.monotonic() + at_most
        while words not in shown:
            if time.monotonic() > end or not select.select([self.fd], [], [], end - time.monotonic())[0]:
                raise AssertionError(f'{words!r} did not appear: {shown!r}')
            shown += os.read(self.fd, 65536).decode(errors='replace').replace('\a', '')
        return shown

    def complete(self, line, wanted):
        """Until the completed line is there."""
        self.send(CLEAR + line + TAB)
        self.wait_for(wanted)

    def candidates(self, line, *wanted):
        """Those that are listed."""
        self.send(CLEAR + line + TAB + TAB)
        shown = ''
        while not all(word in shown for word in wanted):
            shown += self.wait_for(next(word for word in wanted if word not in shown))
        return shown


class InShells:
    def test_verbs_options_and_values_are_completed(self):
        shell = self.start()
        shell.complete('iptracking stat', 'iptracking status ')
        shell.complete('iptracking db vac', 'iptracking db vacuum ')
        shell.complete('iptracking -c x.yml db up', 'iptracking -c x.yml db upgrade ')
        shell.complete('iptracking events --si', 'iptracking events --since ')
        shell.complete('iptracking events --event op', 'iptracking events --event open_session ')
        shell.complete('iptracking events --event=clo', 'iptracking events --event=close_session')
        shell.complete('iptracking events --outcome fai', 'iptracking events --outcome failure ')
        shell.complete('iptracking sessions -o ta', 'iptracking sessions -o table ')
        shell.complete('iptracking top ad', 'iptracking top addresses ')

    def test_all_that_can_stand_is_listed(self):
        shell = self.start()
        shell.candidates('iptracking ', 'events', 'last', 'sessions', 'status', 'check', 'db')
        shell.candidates('iptracking traffic ', 'users', 'days', 'addresses', 'nets', 'hosts', 'sessions', 'total')
        shell.candidates('iptracking sessions -o ', 'table', 'json', 'json-lines', 'csv', 'short')
        shell.candidates('iptracking sessions --output=', 'table', 'json', 'csv')
        shell.candidates('iptracking db ', 'init', 'upgrade', 'purge')

    def test_files_are_completed_and_users_are_not(self):
        (self.folder / 'some.yml').touch()
        shell = self.start()
        shell.complete('iptracking -c so', 'iptracking -c some.yml ')
        shell.send(CLEAR + 'iptracking events --user so' + TAB + 'x')
        shell.wait_for('iptracking events --user sox')


class Bash(InShells, Programs):
    def start(self):
        return Terminal(self, ['bash', '--norc', '--noprofile', '-i'], [f'source {SHELL / "iptracking.bash"}'], self.folder)


@unittest.skipUnless(shutil.which('zsh'), 'there is no zsh')
class Zsh(InShells, Programs):
    def start(self):
        return Terminal(self, ['zsh', '-f', '-i'], [f'fpath=({SHELL} $fpath)', 'autoload -U compinit; compinit -u -D',
                                                    "zstyle ':completion:*' verbose no", 'unsetopt beep', 'bindkey -e'], self.folder)


class Candidates(unittest.TestCase):
    def complete(self, *words):
        said = subprocess.run([CLIENT, '__complete', *words], capture_output=True, text=True, check=True).stdout
        return [line.split('\t')[0] for line in said.splitlines()]

    def test_each_option_of_the_help_is_known(self):
        for verb in self.complete(''):
            for path in ([verb, below] for below in self.complete(verb, '')) if verb == 'db' else [[verb]]:
                with self.subTest(path):
                    said = subprocess.run([CLIENT, *path, '--help'], capture_output=True, text=True, check=True).stdout
                    options = re.findall(r'^  (?:-\w,)?(--[\w-]+)', said, re.MULTILINE)
                    self.assertGreater(len(options), 0)
                    self.assertLessEqual(set(options), set(self.complete(*path, '--')))

    def test_what_makes_no_sense_has_no_answer(self):
        self.assertEqual(self.complete('bogus', ''), [])
        self.assertEqual(self.complete('events', '--bogus='), [])
        self.assertEqual(self.complete('events', '--since', ''), [])
        self.assertEqual(self.complete(), [])
