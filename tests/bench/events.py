# SPDX-License-Identifier: GPL-2.0-or-later
"""Events as a host on the Internet has them, always the same ones."""
import datetime
import heapq
import ipaddress
import itertools
import random
import socket

ADDRESSES, STRANGERS, STAFF = 4000, 600, 60
ABOUT = (f'{ADDRESSES} source addresses, a quarter IPv6, and {STRANGERS + STAFF} user names, both skewed (the n-th is 1/n as '
         'frequent as the first); of 10 connections 7 are 1 to 3 attempts of a stranger, 3 are logins of 4 events')
BEGIN = 1_763_716_655_000_000
LOGIN = ((0, 'auth', 'auth', 'attempt'), (20_000, 'account', 'auth', 'success'), (30_000, 'open_session', 'open_session', None))


def skewed(chosen, things):
    """An endless choice of them."""
    weights = list(itertools.accumulate(1 / n for n in range(1, len(things) + 1)))
    while True:
        yield from chosen.choices(things, cum_weights=weights, k=1000)


def addresses(chosen):
    """Of some 1 000 networks."""
    v4 = [ipaddress.IPv4Address((chosen.randrange(1, 224) << 24) + chosen.getrandbits(16) * 256) for _ in range(800)]
    v6 = [ipaddress.IPv6Address((0x20010000 + chosen.getrandbits(16) << 96) + (chosen.getrandbits(32) << 64)) for _ in range(200)]
    return [str(chosen.choice(v6) + chosen.getrandbits(62) if chosen.random() < 0.25 else chosen.choice(v4) + chosen.randrange(256))
            for _ in range(ADDRESSES)]


def connections(chosen):
    """Time, line's event, row's event, outcome, user, address, port, process; in no order."""
    sources = skewed(chosen, addresses(chosen))
    strangers = skewed(chosen, ['root', 'admin', 'test'] + [f'user{n}' for n in range(STRANGERS - 3)])
    staff = skewed(chosen, [f'staff-{n}' for n in range(STAFF)])
    time = BEGIN
    for process in itertools.count(1000):
        time += int(chosen.expovariate(1 / 50_000)) + 1
        rest = next(sources), chosen.randrange(1024, 65536), process % 4_000_000
        if chosen.random() < 0.3:
            user = next(staff)
            events = *LOGIN, (30_000 + int(chosen.expovariate(1 / 600e6)), 'close_session', 'close_session', None)
        else:
            user = next(strangers)
            events = [(2_000_000 * n, *LOGIN[0][1:]) for n in range(chosen.randrange(1, 4))]
        yield time, [(time + after, *what, user, *rest) for after, *what in events]


def in_order(chosen):
    """Events by time, no two at the same one."""
    waiting, last = [], 0
    for time, events in connections(chosen):
        while waiting and waiting[0][0] < time:
            at, *event = heapq.heappop(waiting)
            last = max(at, last + 1)
            yield last, *event
        for event in events:
            heapq.heappush(waiting, event)


def line(time, event, user, source, port, process):
    return (f'iptracking/1 event={event} time={time} src={source} sport={port} dst=198.51.100.5 dport=22 pid={process} '
            f'user={user} service=sshd tty=ssh\n')


def row(time, event, outcome, user, source, port, process, host):
    """The same, as COPY takes it."""
    seconds = datetime.datetime.fromtimestamp(time // 1_000_000, datetime.timezone.utc).strftime('%Y-%m-%d %H:%M:%S')
    return '\t'.join(('198.51.100.5', source, str(port), event, user, f'{seconds}.{time % 1_000_000:06}+00', '22',
                      outcome or r'\N', str(process), 'sshd', 'ssh', r'\N', r'\N', host, '0')) + '\n'


class Events:
    """`count` of them, as lines and as rows; the address of the last one is in no network of unlogged()."""

    def __init__(self, count):
        chosen = random.Random(2026)
        host = socket.gethostname()
        self.count, self.lines, self.rows, self.sources = count, [], [], []
        for time, event, kind, outcome, user, source, port, process in itertools.islice(in_order(chosen), count):
            source = '192.0.2.255' if len(self.lines) == count - 1 else source
            self.lines.append(line(time, event, user, source, port, process))
            self.rows.append(row(time, kind, outcome, user, source, port, process, host))
            self.sources.append(source)
            self.last_time = time

    def unlogged(self):
        """100 networks, of which ten are those of sources."""
        chosen = random.Random(100)
        seen = chosen.sample(sorted(set(self.sources[:-1])), 10)
        nets = {ipaddress.ip_network((source, 64 if ':' in source else 24), strict=False) for source in seen}
        while len(nets) < 100:
            nets.add(ipaddress.ip_network(chosen.choice((((240 << 24) + chosen.getrandbits(27), chosen.randrange(16, 29)),
                                                         ((0xfd << 120) + chosen.getrandbits(112), chosen.randrange(48, 65)))),
                                          strict=False))
        return sorted(map(str, nets))
