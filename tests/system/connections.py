# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel says of sshd's connections, without our programs: by ss, and as each of them ends."""
import re
import socket
import struct
import threading
from pathlib import Path

from machine import CALLBACK, output, wait_until

COUNTERS = ('rx_bytes', 'tx_bytes', 'rx_packets', 'tx_packets')
GOT_FIN = ('CLOSE-WAIT', 'LAST-ACK', 'CLOSING')
READINGS, HOOK = Path('/run/readings'), Path('/root/read-connection')
NETLINK_SOCK_DIAG, TCP4_DESTROYED, TCP6_DESTROYED = 4, 1, 3
SIZE_OF_HEADERS, INET_DIAG_INFO = 16 + 72, 2        # struct nlmsghdr and inet_diag_msg
BYTES_RECEIVED, BYTES_SENT, BYTES_RETRANS = 128, 200, 208    # in struct tcp_info
SO_RCVBUFFORCE = 33


def counters_of(line):
    """The four of a line of ss: payload, so without a FIN, which counts as a byte received, and what was sent twice."""
    found = dict(re.findall(r'\b(bytes_sent|bytes_retrans|bytes_received|segs_in|segs_out):(\d+)', line))
    number = {name: int(value) for name, value in found.items()}
    return (number['bytes_received'] - (line.split()[0] in GOT_FIN), number['bytes_sent'] - number.get('bytes_retrans', 0),
            number['segs_in'], number['segs_out'])


def counters_now(client_port, port=22):
    return counters_of(output('ss', '-tinHO', f'sport = :{port} and dport = :{client_port}'))


def read_at_each_phase():
    """The PAM stack has ss asked right before and right after our callback."""
    READINGS.mkdir(exist_ok=True)
    HOOK.write_text(f'''#!/bin/bash
set -- $1 $SSH_CONNECTION
/usr/bin/ss -tinHO "sport = :$5 and dport = :$3" >>{READINGS}/$3-$PAM_TYPE-$1
''')
    HOOK.chmod(0o700)
    stack = Path('/etc/pam.d/sshd')
    around = rf'\1{HOOK} before\n\g<0>\1{HOOK} after\n'
    stack.write_text(re.sub(rf'(?m)^(.*){CALLBACK}.*\n', around, stack.read_text()))


def readings(client_port, kind):
    """A pair for each time that this phase came."""
    before, after = (map(counters_of, (READINGS / f'{client_port}-{kind}-{when}').read_text().splitlines())
                     for when in ('before', 'after'))
    return list(zip(before, after, strict=True))


class Endings(threading.Thread):
    """Hears of each connection that ends what it had sent and received: the last word of the kernel."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20)
        self.socket.bind((0, 1 << TCP4_DESTROYED - 1 | 1 << TCP6_DESTROYED - 1))
        self.sent = {}      # by the ports of both sides
        self.start()

    def run(self):
        while True:
            message = self.socket.recv(1 << 16)
            ports = struct.unpack_from('>HH', message, 20)
            attribute = SIZE_OF_HEADERS
            while attribute < len(message):
                size, kind = struct.unpack_from('HH', message, attribute)
                if kind == INET_DIAG_INFO:
                    info = message[attribute + 4:attribute + size]
                    sent, again = (struct.unpack_from('Q', info, place)[0] for place in (BYTES_SENT, BYTES_RETRANS))
                    self.sent[ports] = sent - again
                attribute += size + 3 & ~3

    def bytes_of(self, client_port, port=22):
        """Payload from the client and to it: what each side has sent."""
        ways = (client_port, port), (port, client_port)
        wait_until(lambda: all(way in self.sent for way in ways), what='the end of the connection')
        return tuple(self.sent[way] for way in ways)
