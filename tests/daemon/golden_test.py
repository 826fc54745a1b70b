# SPDX-License-Identifier: GPL-2.0-or-later
"""What `iptracking` prints: tests/golden/*.txt and README.md have commands with their output, the same over each database.

IPTRACKING_WRITE_GOLDEN=1 tests/daemon/run BUILD_DIR golden     writes them anew; then look at the differences
"""
import csv
import io
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from programs import BUILD, DRIVERS, Daemon, wait_until
from questions_test import EVENTS, line_of

FOLDER = Path(__file__).resolve().parent.parent / 'golden'
CLIENT = BUILD / 'src/client/iptracking'
# Names that strangers type: each would do something to a terminal, a spreadsheet, JSON, CSV or HTML.
HOSTILE = ['\\x1b[31mred\\x1b[0m', '\\xe2\\x80\\xaeeerf', '\\xff\\xfe', 'a"b,c', "=cmd|'/c\\x20calc'!A1", 'two\\x0alines',
           '<script>alert(1)</script>', '\\xf0\\x9f\\x98\\x80', 'x\\x20from\\x201.2.3.4\\x20port\\x205\\x20ssh2', '\\x5cx41',
           '\\xd7\\xa9\\xd7\\x9c\\xd7\\x95\\xd7\\x9d', '%s%n{}']
KEYS = 'SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8', 'SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDvo9p0wK3kEk2VQ4s'
OPENED = ' rx_bytes=3573 tx_bytes=3421 rx_packets=18 tx_packets=16 auth_method=publickey auth_key='
# What the kernel counted, by what a line begins its event with.
MOVED = {'auth': lambda number: ' rx_bytes=2165 tx_bytes=1681 rx_packets=11 tx_packets=10',
         'account': lambda number: ' rx_bytes=2909 tx_bytes=2501 rx_packets=14 tx_packets=12',
         'open_session': lambda number: OPENED + KEYS[number % 2],
         'close_session': lambda number: f' rx_bytes={number ** 3 * 1000} tx_bytes={number ** 4} rx_packets={number * 9} tx_packets={number * 8}'}


def moved(number, line):
    """Of a connection."""
    kind = line.partition(' event=')[2].split(' ')[0]
    return line.replace('\n', MOVED[kind](number) + '\n') if ' sport=' in line and kind in MOVED else line


LINES = [moved(number, line_of(event)) for number, event in enumerate(EVENTS.strip().splitlines())] + [
    line_of(f'3T01:{number:02}:00 @beta event=auth user={name} src=203.0.113.77 sport={41000 + number} pid={900 + number}')
    for number, name in enumerate(HOSTILE)]
ENVIRONMENT = {'PATH': os.environ['PATH'], 'TZ': 'Europe/Berlin', 'LC_ALL': 'C.UTF-8', 'COLUMNS': '120', 'HOME': '/nonexistent'}
MARK = '$ iptracking'
README, INDENT = FOLDER.parent.parent / 'README.md', '    '


class Database:
    """The events, stored by the real daemon, and how to ask for them."""

    def __init__(self, test, driver):
        temporary = tempfile.TemporaryDirectory(prefix='iptracking-')
        test.addClassCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        asker = {'client': {'user': 'asker'}} if driver == 'postgresql' else {}
        store = DRIVERS[driver](self.folder, **asker)
        daemon = Daemon(self.folder, passed=True, config=store.config)
        daemon.write(''.join(LINES))
        wait_until(lambda: store.count() == len(LINES), 60, f'{len(LINES)} rows: {daemon.said()}')
        daemon.stop()
        self.config = daemon.config

    def run(self, words):
        return subprocess.run(['/bin/bash', '-c', f'exec "$0" -c "$1" {words}', CLIENT, self.config], env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)

    def shown(self, words):
        """Output and status, as they stand in the files."""
        done = self.run(words)
        return (done.stdout + done.stderr).decode() + (f'[{done.returncode}]\n' if done.returncode else '')

    def answer(self, words):
        done = self.run(words)
        assert done.returncode == 0 and not done.stderr, (words, done)
        return done.stdout.decode()


def cases(path):
    """(words, expected) of each command."""
    found = []
    for line in path.read_bytes().decode().splitlines(keepends=True):
        if line.startswith(MARK):
            found.append([line[len(MARK):].strip(), ''])
        elif found:
            found[-1][1] += line
    return [(words, text.removesuffix('\n')) for words, text in found]


def cases_of_readme(text, answer=None):
    """The same of README.md, where they are indented; and the text with the answers of `answer`."""
    found, out = [], []
    for line in text.splitlines():
        if line.startswith(INDENT + MARK):
            found.append([line[len(INDENT + MARK):].strip(), ''])
            out.append(line)
            if answer:
                out += [(INDENT + answered).rstrip() for answered in answer(found[-1][0]).splitlines() if answered]
            shown = True
        elif found and shown and line.startswith(INDENT):
            found[-1][1] += line[len(INDENT):] + '\n'
            if not answer:
                out.append(line)
        else:
            shown = False
            out.append(line)
    return found, '\n'.join(out) + '\n'


class Golden(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.databases = {driver: Database(cls, driver) for driver in DRIVERS}

    def test_every_verb_prints_what_it_should(self):
        for path in sorted(FOLDER.glob('*.txt')):
            head = path.read_bytes().decode().partition(MARK)[0]
            written = head
            for words, expected in cases(path):
                for driver, database in self.databases.items():
                    with self.subTest(file=path.stem, words=words, driver=driver):
                        found = database.shown(words)
                        if os.environ.get('IPTRACKING_WRITE_GOLDEN') and driver == 'sqlite3':
                            written += f'{MARK} {words}'.rstrip() + f'\n{found}\n'
                        else:
                            self.assertEqual(found, expected)
            if os.environ.get('IPTRACKING_WRITE_GOLDEN'):
                path.write_bytes(written.encode())

    def test_the_readme_shows_what_is_printed(self):
        answer = self.databases['sqlite3'].answer if os.environ.get('IPTRACKING_WRITE_GOLDEN') else None
        found, text = cases_of_readme(README.read_text(), answer)
        self.assertGreaterEqual(len(found), 15)
        if answer:
            README.write_text(text)
        for words, expected in [] if answer else found:
            with self.subTest(words=words):
                self.assertEqual([line.rstrip() for line in self.databases['sqlite3'].answer(words).splitlines() if line],
                                 [line.rstrip() for line in expected.splitlines()])

    def test_others_read_what_every_verb_gives_as_json_and_csv(self):
        verbs = {words.split(' -')[0] for path in FOLDER.glob('*.txt') if path.stem != 'wrong' for words, text in cases(path)
                 if not text.endswith(']\n')}
        self.assertGreaterEqual(len(verbs), 12)
        for words in sorted(verbs):
            ask = self.databases['sqlite3'].answer
            with self.subTest(words=words):
                rows = json.loads(ask(f'{words} -o json'))
                self.assertEqual(rows, [json.loads(line) for line in ask(f'{words} -o json-lines').splitlines()])
                table = list(csv.reader(io.StringIO(ask(f'{words} -o csv'), newline='')))
                self.assertEqual(table[0], list(rows[0]))
                self.assertEqual([len(row) for row in table], [len(table[0])] * (len(rows) + 1))

    def test_what_was_typed_can_be_got_back_and_does_nothing(self):
        typed = [bytes(name.encode().decode('unicode_escape'), 'latin-1') for name in HOSTILE]
        rows = json.loads(self.databases['sqlite3'].answer('events -S 2026-03-03 -o json'))
        self.assertEqual([undone(row['user']) for row in rows], typed)
        for form in ('table', 'csv', 'short', 'json'):
            for character in self.databases['sqlite3'].answer(f'events -S 2026-03-03 -o {form}'):
                self.assertFalse(character < ' ' and character not in '\r\n' or character in '\x7f\u202e\ufffe\ufeff', (form, character))


def undone(text):
    """The bytes that stored text stands for."""
    data, out = text.encode(), b''
    while data:
        if data.startswith(b'\\x'):
            out, data = out + bytes([int(data[2:4], 16)]), data[4:]
        else:
            out, data = out + data[:1], data[1:]
    return out
