# SPDX-License-Identifier: GPL-2.0-or-later
"""Something that says it is PostgreSQL, and answers as it likes: events are kept, the loop turns, the status says why."""
import socket
import struct
import threading
import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from programs import EVENT, Daemon


def message(kind, body=b''):
    return kind + struct.pack('!I', len(body) + 4) + body


def row(*values):
    fields = b''.join(b'c\0' + struct.pack('!IhIhih', 0, 0, 25, -1, -1, 0) for _ in values)
    data = b''.join(struct.pack('!i', -1) if value is None else struct.pack('!I', len(value)) + value for value in values)
    count = struct.pack('!H', len(values))
    return BEGIN + message(b'T', count + fields) + message(b'D', count + data) + message(b'C', b'SELECT 1\0')


def error(state, text):
    return message(b'E', b'SERROR\0VERROR\0C' + state + b'\0M' + text + b'\0\0') + SYNCED


BEGIN, SYNCED = message(b'1') + message(b'2'), message(b'Z', b'I')
HELLO = (message(b'R', bytes(4)) + message(b'S', b'server_version\0' b'15.0\0') + message(b'S', b'server_encoding\0UTF8\0') +
         SYNCED)
NOT_KNOWN = row(b'1', b'f', None, None, None) + SYNCED
STORED = row(b't', b'1') + SYNCED
COPY = BEGIN + message(b'G', b'\0\0\1\0\0')


class Liar:
    """`place`: its answer to the first command of a session; `store`: to all others."""

    def __init__(self, folder, place, store):
        self.place, self.store, self.asked = place, store, 0
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / '.s.PGSQL.5432'))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            session = self.listener.accept()[0]
            with session, session.makefile('rb') as said:
                try:
                    self.answer(session, said)
                except (OSError, struct.error):
                    pass    # it has gone

    def answer(self, session, said):
        said.read(struct.unpack('!I', said.read(4))[0] - 4)
        session.sendall(HELLO)
        answer = self.place
        while kind := said.read(1):
            said.read(struct.unpack('!I', said.read(4))[0] - 4)
            if kind == b'S':
                self.asked += 1
                session.sendall(answer)
                answer = self.store


class Lies(unittest.TestCase):
    def run_with(self, place, store):
        folder = Path(self.enterContext(TemporaryDirectory()))
        self.liar = Liar(folder, place, store)
        self.addCleanup(self.liar.listener.close)
        self.daemon = Daemon(folder, config=f'database:\n  driver-name: postgresql\n  host: {folder}\n')
        self.addCleanup(self.daemon.process.kill)
        self.daemon.write(''.join(EVENT.format(f'user-{number}') for number in range(20)))

    def keeps(self, why, place, store):
        self.run_with(place, store)
        self.daemon.wait_for_status(why)
        status = self.daemon.wait_for_status('20 waiting')
        self.assertTrue(status.startswith('Keeping events'), status)
        self.assertLess(len(status), 4000)
        self.assertLess(self.liar.asked, 100, 'asked in a busy loop')
        self.assertEqual(self.daemon.stop(at_most=5), 0)
        self.assertNotIn('skipped', self.daemon.said())

    def test_the_truth_is_believed(self):
        self.run_with(NOT_KNOWN, STORED)
        self.daemon.wait_for_status('20 stored')
        self.assertEqual(self.daemon.stop(), 0)

    def test_garbage(self):
        self.keeps('lost synchronization', NOT_KNOWN, b'\xc7' * 3000)

    def test_a_request_to_copy(self):
        self.keeps('not asked', NOT_KNOWN, COPY)
        self.keeps('not asked', COPY, STORED)

    def test_a_row_of_nulls(self):
        self.keeps('not complete', row(None, None, None, None, None) + SYNCED, STORED)

    def test_an_error_that_is_long_and_no_text(self):
        self.keeps('\\x1b[31m\\xff', NOT_KNOWN, error(b'XX000', b'\x1b[31m\xff' + b'x' * 100_000))

    def test_a_refusal_of_everything_whatever_the_data(self):
        self.keeps('never', NOT_KNOWN, error(b'23502', b'never'))


class Silent(unittest.TestCase):
    def test_a_server_that_takes_the_connection_and_says_nothing_is_told_in_seconds(self):
        folder = Path(self.enterContext(TemporaryDirectory()))
        listener = self.enterContext(socket.socket(socket.AF_UNIX))
        listener.bind(str(folder / '.s.PGSQL.5432'))
        listener.listen()
        daemon = Daemon(folder, config=f'database:\n  driver-name: postgresql\n  host: {folder}\n')
        self.addCleanup(daemon.process.kill)
        daemon.wait_for_status('does not answer', 7)
        self.assertEqual(daemon.stop(at_most=2), 0)
