# SPDX-License-Identifier: GPL-2.0-or-later
"""A proxy before a PostgreSQL server that loses what it is told to lose."""
import collections
import contextlib
import socket
import struct
import threading

from postgres_server import free_port, numbers, workspace

STARTUP, SSL_REQUEST, GSS_REQUEST = 196608, 80877103, 80877104
BATCH = b'advance_stream'   # is in the statement that stores a batch


def messages(connection, startup=False):
    """Kind and bytes of each message of the protocol; those before the session have a number instead of a letter."""
    data = b''
    while received := connection.recv(65536):
        data += received
        while len(data) >= 8 or (len(data) >= 5 and not startup):
            letter = 0 if startup else 1
            size = letter + int.from_bytes(data[letter:letter + 4], 'big')
            if len(data) < size:
                break
            message, data = data[:size], data[size:]
            kind = int.from_bytes(message[4:8], 'big') if startup else message[:1]
            startup = startup and kind != STARTUP
            yield kind, message


def close(connection, how=socket.SHUT_RDWR):
    """Also while another thread reads from it."""
    with contextlib.suppress(OSError):
        connection.shutdown(how)
    connection.close()


def reset(connection):
    """As a machine does that does not know the connection (any more)."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    close(connection, socket.SHUT_RD)   # else the last that the client gets is an end


class Session:
    """A client and its connection to the server."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = socket.socket(socket.AF_UNIX)
        self.answers = collections.deque()   # what the server has to answer yet: whether it is a batch
        self.passed = 0                      # answers to batches
        threading.Thread(target=self.pass_on, daemon=True).start()

    def pass_on(self):
        with contextlib.suppress(OSError):
            self.server.connect(self.proxy.target)
            threading.Thread(target=self.answer, daemon=True).start()
            self.ask()
        self.end()

    def end(self, how=close):
        self.proxy.sessions.discard(self)
        how(self.client)
        close(self.server)

    def ask(self):
        is_batch = False
        for kind, message in messages(self.client, startup=True):
            if self.proxy.silent:
                continue
            if kind in (SSL_REQUEST, GSS_REQUEST):
                self.client.sendall(b'N')
                continue
            if kind in (b'P', b'Q'):
                is_batch = BATCH in message
            if kind in (STARTUP, b'S', b'Q'):
                self.answers.append(is_batch)
            self.server.sendall(message)

    def answer(self):
        with contextlib.suppress(OSError):
            self.answer_until_it_ends()
        self.end()

    def answer_until_it_ends(self):
        kept, committed = b'', False
        for kind, message in messages(self.server):
            if self.proxy.silent:
                continue
            kept += message
            committed = (committed or kind == b'C') and kind != b'E'
            if self.proxy.swallowing and self.answers and self.answers[0]:
                if kind != b'Z':
                    continue    # until it is known that it is committed
                if committed and self.proxy.swallow_now():
                    self.end(reset if self.proxy.swallowed % 2 else close)
                    return
            self.client.sendall(kept)
            kept = b''
            if kind == b'Z':
                self.passed += self.answers.popleft()
                committed = False


class Proxy:
    """Listens on 127.0.0.1, or, `unix`, in a folder."""

    def __init__(self, server, unix=False):
        self.target = str(server.folder / f'.s.PGSQL.{server.port}')
        self.silent = False        # loses all in both directions, and keeps connections open
        self.swallowing = False
        self.swallowed = 0
        self.lock = threading.Lock()
        self.sessions = set()
        self.host, self.port = '127.0.0.1', free_port()
        if unix:
            folder = workspace() / f'proxy-{next(numbers)}'
            folder.mkdir()
            self.host = str(folder)
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(f'{folder}/.s.PGSQL.{self.port}')
            self.listener.listen()
        else:
            self.listener = socket.create_server((self.host, self.port))
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def keywords(self):
        """Of a connection through it."""
        return {'host': self.host, 'port': str(self.port)}

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                if client.family == socket.AF_INET:
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sessions.add(Session(self, client))

    def swallow(self):
        """Once: the server commits a batch, and the client gets no answer but the end of the connection."""
        self.swallowing = True

    def swallow_now(self):
        with self.lock:
            found, self.swallowing = self.swallowing, False
            self.swallowed += found
            return found

    def reset(self):
        """All connections that are open."""
        for session in list(self.sessions):
            session.end(reset)

    def passes(self):
        """Whether a session has passed the answer to a batch."""
        return any(session.passed for session in list(self.sessions))

    def mend(self):
        """After `silent`: connections that lost something end when they are used."""
        self.reset()
        self.silent = False

    def close(self):
        close(self.listener)
        self.reset()
