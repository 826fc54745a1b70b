# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel says of sshd's connections, without our programs: by ss, and as each of them ends."""
import ipaddress
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
FAMILY, PORTS, ADDRESS, SIZE_OF_HEADERS = 16, 20, 24, 88     # in struct nlmsghdr and inet_diag_msg
INET_DIAG_INFO = 2
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
/usr/bin/ss -tinHO "sport = :$5 and dport = :$3" >>{READINGS}/$2-$3-$PAM_TYPE-$1
''')
    HOOK.chmod(0o700)
    stack = Path('/etc/pam.d/sshd')
    around = rf'\1{HOOK} before\n\g<0>\1{HOOK} after\n'
    stack.write_text(re.sub(rf'(?m)^(.*){CALLBACK}.*\n', around, stack.read_text()))


def readings(address, client_port, kind):
    """A pair for each time that this phase came."""
    before, after = (map(counters_of, (READINGS / f'{address}-{client_port}-{kind}-{when}').read_text().splitlines())
                     for when in ('before', 'after'))
    return list(zip(before, after, strict=True))


class Endings(threading.Thread):
    """Hears of each connection of these ports that ends what it had sent: the last word of the kernel."""

    def __init__(self, *ports):
        super().__init__(daemon=True)
        self.ports = ports
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20)
        self.socket.bind((0, 1 << TCP4_DESTROYED - 1 | 1 << TCP6_DESTROYED - 1))
        self.sent = {}      # by the address, of both sides, and the ports of the sender and the other
        self.start()

    def run(self):
        while True:
            message = self.socket.recv(1 << 16)
            ports = struct.unpack_from('>HH', message, PORTS)
            if not set(ports) & set(self.ports):
                continue
            size = 4 if message[FAMILY] == socket.AF_INET else 16
            address = ipaddress.ip_address(message[ADDRESS:ADDRESS + size])
            info = attribute(message, INET_DIAG_INFO)
            sent, again = (struct.unpack_from('Q', info, place)[0] for place in (BYTES_SENT, BYTES_RETRANS))
            self.sent[str(getattr(address, 'ipv4_mapped', None) or address), *ports] = sent - again

    def wait_for(self, number):
        """Until so many connections have ended on both sides."""
        wait_until(lambda: len(self.sent) >= 2 * number, 30, f'the end of {number} connections')

    def bytes_of(self, address, client_port, port):
        """Payload from the client and to it: what each side has sent."""
        return self.sent[address, client_port, port], self.sent[address, port, client_port]


def attribute(message, wanted):
    place = SIZE_OF_HEADERS
    while place < len(message):
        size, kind = struct.unpack_from('HH', message, place)
        if kind == wanted:
            return message[place + 4:place + size]
        place += size + 3 & ~3
    raise AssertionError(f'{message} has no attribute {wanted}')
